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
