import Tensors

/// What a forward pass leaves behind for the backward pass: one step per operation, in order.
///
/// A tape is used once, by one thread. Running it frees each operation's memory as it goes.
public final class Tape {
  private var steps: [() -> Void] = []
  /// Whether blocks keep only their inputs.
  let recomputesBlocks: Bool

  public init(recomputesBlocks: Bool = false) { self.recomputesBlocks = recomputesBlocks }

  func record(_ step: @escaping () -> Void) { steps.append(step) }

  /// Runs every step, last first. Gradients of parameters are added to; those of the variables
  /// that were seeded must be in place.
  public func backward() {
    while let step = steps.popLast() { step() }
  }
}

/// An operation: `forward` makes its value now, `backward` is given the gradient by that value
/// during the backward pass, if there is one. Both run under its name.
/// - Parameter reads: what it reads. The backward pass reads that again and writes a gradient each.
func operation(
  _ name: String, reads: [Tensor], on tape: Tape?, _ forward: () -> Tensor,
  backward: @escaping (Tensor) -> Void
) -> Variable {
  let read = reads.reduce(0) { $0 + $1.bytes }
  var written = 0
  let value = Profile.measure(name, bytes: read + written) {
    let value = forward()
    written = value.bytes
    return value
  }
  let result = Variable(value, on: tape)
  tape?.record {
    guard let gradient = result.takeGradient() else { return }
    Profile.measure("\(name), backward", bytes: 2 * read + gradient.bytes) { backward(gradient) }
  }
  return result
}
