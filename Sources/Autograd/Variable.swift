import Tensors

/// A value of the forward pass and, during the backward pass, the loss's gradient with respect to
/// it.
///
/// Without a tape nothing is recorded: the same code then only computes values.
public final class Variable {
  public private(set) var gradient: Tensor?
  let tape: Tape?
  /// Whether it needs no gradient.
  let isConstant: Bool
  private let shape: [Int]
  private var kept: Tensor?
  /// Computes the value again, to the bit; nil: the value is kept.
  private let remake: (() -> Tensor)?

  /// - Parameter remake: computes the value again in little time, so that a block need not keep it.
  init(_ value: Tensor, on tape: Tape?, remake: (() -> Tensor)? = nil) {
    (kept, shape) = (value, value.shape)
    self.tape = tape
    self.remake = remake
    isConstant = false
    if remake != nil { tape?.note(light: self) }
  }

  /// An input that needs no gradient.
  public init(constant value: Tensor, on tape: Tape?) {
    (kept, shape) = (value, value.shape)
    self.tape = tape
    remake = nil
    isConstant = true
  }

  /// The same value on another tape, where no earlier operation is known.
  convenience init(copy other: Variable, on tape: Tape?) {
    if other.isConstant {
      self.init(constant: other.value, on: tape)
    } else {
      self.init(other.value, on: tape)
    }
  }

  /// A parameter as a variable, so that operations can read it like an activation.
  public init(_ parameter: Parameter, on tape: Tape?) {
    (kept, shape) = (parameter.value, parameter.shape)
    self.tape = tape
    remake = nil
    isConstant = !parameter.isTrained
    guard parameter.isTrained else { return }
    tape?.record([parameter]) { [self] in
      guard let gradient = takeGradient() else { return }
      parameter.settle()
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

  /// Lets `write` add to the gradient, if one is needed: with `keep` 0 it must set every element,
  /// with 1 add to it.
  func accumulate(_ write: (_ gradient: Tensor, _ keep: Float) -> Void) {
    guard !isConstant else { return }
    let (gradient, keep) = target()
    write(gradient, keep)
  }

  /// What a backward pass that computes several gradients at once writes this one into, as in
  /// `accumulate`; a constant's is thrown away.
  func target() -> (gradient: Tensor, keep: Float) {
    if let gradient { return (gradient, 1) }
    let fresh = Tensor(shape)
    if !isConstant { gradient = fresh }
    return (fresh, 0)
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
