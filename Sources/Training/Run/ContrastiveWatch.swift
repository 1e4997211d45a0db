import Foundation

/// Notices, once each, that the contrastive loss learns nothing and that the logit scale falls.
package struct ContrastiveWatch {
  /// Steps in a row that count: fewer are chance.
  private static let span = 100
  /// Below this fraction of the loss of equal similarities pairs are told apart.
  private static let stuck = 0.97
  /// The logit scale of healthy runs falls by a few percent at first.
  private static let fallen = 0.9

  private let warmup: Int
  private var start: Double?
  private var stuckSteps = 0
  private var fallenSteps = 0

  /// - Parameter warmup: steps that do not count.
  package init(warmup: Int) { self.warmup = warmup }

  /// Takes a step of a run with the contrastive loss.
  /// - Parameters:
  ///   - chance: the loss where all similarities are equal: ln of the batch for pairs that all
  ///     differ.
  ///   - scale: the inverse temperature before the update.
  /// - Returns: what to warn of now.
  package mutating func add(step: Int, loss: Double, chance: Double, scale: Double) -> [String] {
    let first = start ?? scale
    start = first
    guard step > warmup, chance > 0 else { return [] }
    stuckSteps = loss >= Self.stuck * chance ? stuckSteps + 1 : 0
    fallenSteps = scale < Self.fallen * first ? fallenSteps + 1 : 0
    var warnings: [String] = []
    if stuckSteps == Self.span {
      warnings.append(
        "the contrastive loss has not been below \(chance.fixed(2)), its value where all "
          + "similarities are equal, for \(Self.span) steps: pictures and texts are not told "
          + "apart. Check that texts belong to their pictures and differ, then try another "
          + "optimizer.lr or a larger batch")
    }
    if fallenSteps == Self.span {
      warnings.append(
        "the logit scale has fallen from \(first.fixed(1)) to \(scale.fixed(1)): the model trusts "
          + "its similarities less and less, as where many texts of a batch are alike or wrong. "
          + "Check the texts for copies, then try a lower optimizer.lr")
    }
    return warnings
  }
}
