import Tensors

/// The record of a forward pass for the backward pass: one step per operation, in order.
///
/// A tape is used once, by one thread. The backward pass frees each operation's memory as it goes.
public final class Tape {
  private struct Step {
    let run: () -> Void
    /// Parameters that no earlier step adds to: after this step their gradients are complete.
    let completes: [Parameter]
  }

  private var steps: [Step] = []
  private var used: Set<ObjectIdentifier> = []
  /// Values of the present block that can be computed again; nil outside of blocks.
  private var light: [Variable]?
  /// Whether blocks keep only their inputs.
  let recomputesBlocks: Bool
  /// Whether steps are not kept: such a tape only notes which parameters are used.
  private let isListening: Bool
  /// Gets every operation's parameters and value, as soon as it is computed.
  fileprivate let watch: (([Parameter], Tensor) -> Void)?
  /// The parameters that were used, on a tape that keeps no steps.
  private(set) var parameters: [Parameter] = []

  public init(recomputesBlocks: Bool = false) {
    self.recomputesBlocks = recomputesBlocks
    isListening = false
    watch = nil
  }

  private init(watch: (([Parameter], Tensor) -> Void)?) {
    recomputesBlocks = false
    isListening = true
    self.watch = watch
  }

  static func listening() -> Tape { Tape(watch: nil) }

  /// A tape without a backward pass that shows every operation's parameters and value in turn.
  public static func watching(_ watch: @escaping ([Parameter], Tensor) -> Void) -> Tape {
    Tape(watch: watch)
  }

  /// - Parameter parameters: the parameters whose gradients the step adds to.
  func record(_ parameters: [Parameter] = [], _ step: @escaping () -> Void) {
    let new = parameters.filter { $0.isTrained && used.insert(ObjectIdentifier($0)).inserted }
    if isListening {
      self.parameters += new
    } else {
      steps.append(Step(run: step, completes: new))
    }
  }

  func note(light variable: Variable) { light?.append(variable) }

  /// Runs a block's forward pass and drops its light values.
  func forgetting(_ body: () -> Variable) -> Variable {
    let outer = light
    light = []
    defer {
      light?.forEach { $0.forget() }
      light = outer
    }
    return body()
  }

  /// Runs every step, the last one first. Adds to the gradients of parameters; gradients of the
  /// variables where the pass starts must be set before.
  public func backward() {
    while let step = steps.popLast() { step.run() }
  }

  /// The same, but reports when a parameter's gradient is complete.
  /// - Parameters:
  ///   - parameters: those that are reported; all that the tape uses must be among them. Those that
  ///     no step uses are reported first.
  ///   - completed: called between steps.
  public func backward(
    of parameters: [Parameter], completed: (Parameter) throws -> Void
  ) rethrows {
    for parameter in parameters where !used.contains(ObjectIdentifier(parameter)) {
      parameter.settle()
      try completed(parameter)
    }
    while let step = steps.popLast() {
      step.run()
      for parameter in step.completes {
        parameter.settle()
        try completed(parameter)
      }
    }
  }
}

/// An operation. `forward` computes its value now; `backward`, during the backward pass, gets the
/// gradient with respect to that value. Profiles show both under its name. Where neither an input
/// nor a parameter needs a gradient, the value needs none either, and nothing is kept.
/// - Parameters:
///   - inputs: the variables whose gradients `backward` adds to.
///   - reads: what it reads besides; the backward pass reads all of it again.
///   - parameters: the parameters whose gradients `backward` adds to, if they are trained.
///   - isLight: whether `forward` takes so little time that a block drops the value at the end of
///     its forward pass, and its backward pass computes it again.
func operation(
  _ name: String, of inputs: [Variable], reads: [Tensor] = [], parameters: [Parameter] = [],
  isLight: Bool = false, on tape: Tape?, _ forward: @escaping () -> Tensor,
  backward: @escaping (Tensor) -> Void
) -> Variable {
  let read = (inputs.map(\.value) + reads).reduce(0) { $0 + $1.bytes }
  var written = 0
  let value = Profile.measure(name, bytes: read + written) {
    let value = forward()
    written = value.bytes
    return value
  }
  tape?.watch?(parameters, value)
  guard inputs.contains(where: { !$0.isConstant }) || parameters.contains(where: \.isTrained) else {
    return Variable(constant: value, on: tape)
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
