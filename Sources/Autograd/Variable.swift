import Tensors

/// A value of the forward pass and, during the backward pass, the loss's gradient with respect to
/// it.
///
/// Without a tape nothing is recorded: the same code then only computes values.
public final class Variable {
  public private(set) var gradient: Tensor?
  let tape: Tape?
  private let isConstant: Bool
  private var kept: Tensor?
  /// Computes the value again, to the bit; nil: the value is kept.
  private let remake: (() -> Tensor)?

  /// - Parameter remake: computes the value again in little time, so that a block need not keep it.
  init(_ value: Tensor, on tape: Tape?, remake: (() -> Tensor)? = nil) {
    kept = value
    self.tape = tape
    self.remake = remake
    isConstant = false
    if remake != nil { tape?.note(light: self) }
  }

  /// An input that needs no gradient.
  public init(constant value: Tensor, on tape: Tape?) {
    kept = value
    self.tape = tape
    remake = nil
    isConstant = true
  }

  /// A parameter as a variable, so that operations can read it like an activation.
  public init(_ parameter: Parameter, on tape: Tape?) {
    kept = parameter.value
    self.tape = tape
    remake = nil
    isConstant = false
    tape?.record([parameter]) { [self] in
      guard let gradient = takeGradient() else { return }
      kernels.accumulate(gradient.pointer, parameter.gradient.pointer, gradient.count)
    }
  }

  public var value: Tensor {
    if let kept { return kept }
    guard let remake else { preconditionFailure("a value is kept or made again") }
    let value = remake()
    kept = value
    return value
  }

  /// Drops a value that can be computed again.
  func forget() { if remake != nil { kept = nil } }

  public var rows: Int { value.rows }
  public var width: Int { value.width }

  /// Starts the backward pass here: the loss's gradient with respect to this value, of its shape.
  public func seed(_ gradient: Tensor) { add(gradient) }

  /// Gives the gradient to the operation that made this value; nobody else reads it afterwards.
  func takeGradient() -> Tensor? {
    defer { gradient = nil }
    return gradient
  }

  /// Lets `write` add to the gradient: with `keep` 0 it must set every element, with 1 add to it.
  func accumulate(_ write: (_ gradient: Tensor, _ keep: Float) -> Void) {
    guard !isConstant else { return }
    if let gradient { return write(gradient, 1) }
    let fresh = Tensor(value.shape)
    write(fresh, 0)
    gradient = fresh
  }

  /// Adds a gradient that its owner no longer needs: the first one is taken over, not copied.
  func add(_ other: Tensor) {
    guard !isConstant else { return }
    guard let gradient else { return gradient = other }
    Threads.split(gradient.count, grain: elementGrain) { range in
      kernels.accumulate(
        other.pointer + range.lowerBound, gradient.pointer + range.lowerBound, range.count)
    }
  }
}

/// With fewer elements a loop is not worth a second thread.
let elementGrain = 16_384
