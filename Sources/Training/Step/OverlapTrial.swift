import Collectives
import Foundation

/// Chooses when gradients are sent: the first steps of a run try every way in turn. This changes no
/// bit of the results.
package struct OverlapTrial {
  package struct Verdict: CustomStringConvertible {
    package let choice: GradientReducer.Overlap
    /// For each way, the time it took divided by the time without overlap.
    package let ratios: [GradientReducer.Overlap: Double]

    package var description: String {
      let found = GradientReducer.Overlap.allCases.dropFirst().map {
        "\($0.rawValue) " + String(format: "%.2f", ratios[$0] ?? .nan)
      }
      return "overlap: \(choice.rawValue) (of the time without: \(found.joined(separator: ", ")))"
    }
  }

  /// The number of steps for each way, after one step that only warms up.
  private static let each = 4
  /// Overlap must save at least this much: ranks wait for each other at every bucket, and a thread
  /// takes time of a core.
  private static let threshold = 0.97

  private static let ways = GradientReducer.Overlap.allCases
  private var steps = 0
  private var spent: [GradientReducer.Overlap: [Double]] = [:]

  package init() {}

  /// How gradients are sent in the next step.
  package var next: GradientReducer.Overlap { Self.ways[steps % Self.ways.count] }

  /// Takes a step's time; returns the verdict after the last step.
  /// - Parameter seconds: of the step's work, the same on all ranks.
  package mutating func add(_ seconds: Double) -> Verdict? {
    if steps > 0 { spent[next, default: []].append(seconds) }
    steps += 1
    guard steps > Self.ways.count * Self.each else { return nil }
    let medians = spent.mapValues { $0.sorted()[$0.count / 2] }
    let ratios = medians.mapValues { $0 / (medians[.off] ?? .nan) }
    let best = ratios.min { $0.value < $1.value }
    let choice = best.flatMap { $0.value < Self.threshold ? $0.key : nil } ?? .off
    return Verdict(choice: choice, ratios: ratios)
  }
}
