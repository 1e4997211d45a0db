import CoCaModel
import Collectives
import Foundation

/// Chooses between moving buckets by the thread that computes and by one of their own: the first
/// steps of a run are made in both ways in turn, which changes no bit of them.
struct OverlapTrial {
  struct Verdict: CustomStringConvertible {
    let choice: GradientReducer.Overlap
    /// Seconds of backward pass and waiting by the thread over those by buckets.
    let ratio: Double

    var description: String {
      "overlap: \(choice.rawValue) (a thread for the gradients takes "
        + String(format: "%.2f", ratio) + " of the time)"
    }
  }

  /// The first step warms up; then as many of each.
  private static let each = 4
  /// What a thread must at least gain: it takes a core's time from others.
  private static let threshold = 0.97
  private static let candidates: [GradientReducer.Overlap] = [.buckets, .thread]

  private var steps = 0
  private var seconds: [[Double]] = [[], []]

  /// How the next step is made.
  var next: GradientReducer.Overlap { Self.candidates[turn] }

  private var turn: Int { steps == 0 ? 0 : (steps - 1) % 2 }

  /// Takes a step in, the same on all ranks; gives the verdict after the last.
  mutating func add(_ sums: StepReport.Summed) -> Verdict? {
    if steps > 0 {
      // Steps differ in their captions: seconds for the work.
      let spent = (sums.means[.backward] ?? 0) + (sums.means[.communicate] ?? 0)
      seconds[turn].append(spent / max(sums.operations, 1))
    }
    steps += 1
    guard steps > 2 * Self.each else { return nil }
    let medians = seconds.map { $0.sorted()[$0.count / 2] }
    let ratio = medians[1] / medians[0]
    return Verdict(choice: ratio < Self.threshold ? .thread : .buckets, ratio: ratio)
  }
}
