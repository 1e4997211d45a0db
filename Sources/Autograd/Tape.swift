import Tensors

/// What a forward pass leaves behind for the backward pass: one step per operation, in order.
///
/// A tape is used once, by one thread. Running it frees each operation's memory as it goes.
public final class Tape {
  private struct Step {
    let run: () -> Void
    /// Parameters that no earlier step adds to: after this one their gradients are complete.
    let completes: [Parameter]
  }

  private var steps: [Step] = []
  private var used: Set<ObjectIdentifier> = []
  /// Values of the present block that its backward pass can make again; nil outside of blocks.
  private var light: [Variable]?
  /// Whether blocks keep only their inputs.
  let recomputesBlocks: Bool
  /// Whether steps are forgotten at once: such a tape only learns which parameters are used.
  private let isListening: Bool
  /// Those of a listening tape.
  private(set) var parameters: [Parameter] = []

  public init(recomputesBlocks: Bool = false) {
    self.recomputesBlocks = recomputesBlocks
    isListening = false
  }

  private init(isListening: Bool) {
    recomputesBlocks = false
    self.isListening = isListening
  }

  static func listening() -> Tape { Tape(isListening: true) }

  /// - Parameter parameters: whose gradients the step adds to.
  func record(_ parameters: [Parameter] = [], _ step: @escaping () -> Void) {
    let new = parameters.filter { used.insert(ObjectIdentifier($0)).inserted }
    if isListening {
      self.parameters += new
    } else {
      steps.append(Step(run: step, completes: new))
    }
  }

  func note(light variable: Variable) { light?.append(variable) }

  /// Runs a block's forward pass and forgets its light values.
  func forgetting(_ body: () -> Variable) -> Variable {
    let outer = light
    light = []
    defer {
      light?.forEach { $0.forget() }
      light = outer
    }
    return body()
  }

  /// Runs every step, last first. Gradients of parameters are added to; those of the variables
  /// that were seeded must be in place.
  public func backward() {
    while let step = steps.popLast() { step.run() }
  }

  /// The same, telling when nothing more is added to a parameter's gradient.
  /// - Parameters:
  ///   - parameters: those of which is told, all that the tape uses among them; what no step uses
  ///     comes first.
  ///   - completed: called between steps.
  public func backward(
    of parameters: [Parameter], completed: (Parameter) throws -> Void
  ) rethrows {
    for parameter in parameters where !used.contains(ObjectIdentifier(parameter)) {
      try completed(parameter)
    }
    while let step = steps.popLast() {
      step.run()
      for parameter in step.completes { try completed(parameter) }
    }
  }
}

/// An operation: `forward` makes its value now, `backward` is given the gradient by that value
/// during the backward pass, if there is one. Both run under its name.
/// - Parameters:
///   - reads: what it reads. The backward pass reads that again and writes a gradient each.
///   - parameters: whose gradients `backward` adds to.
///   - isLight: `forward` takes little time beside the memory of its value: a block forgets the
///     value where its forward pass ends, and its backward pass makes it again.
func operation(
  _ name: String, reads: [Tensor], parameters: [Parameter] = [], isLight: Bool = false,
  on tape: Tape?, _ forward: @escaping () -> Tensor, backward: @escaping (Tensor) -> Void
) -> Variable {
  let read = reads.reduce(0) { $0 + $1.bytes }
  var written = 0
  let value = Profile.measure(name, bytes: read + written) {
    let value = forward()
    written = value.bytes
    return value
  }
  let again = { [written] in
    Profile.measure("\(name), again", bytes: read + written, forward)
  }
  let result = Variable(value, on: tape, remake: isLight && tape != nil ? again : nil)
  tape?.record(parameters) {
    guard let gradient = result.takeGradient() else { return }
    Profile.measure("\(name), backward", bytes: 2 * read + gradient.bytes) { backward(gradient) }
  }
  return result
}
