import Collectives
import Foundation

/// Chooses when gradients travel: the first steps of a run are made in all ways in turn, which
/// changes no bit of them.
package struct OverlapTrial {
  package struct Verdict: CustomStringConvertible {
    package let choice: GradientReducer.Overlap
    /// What was spent over what is spent without overlap.
    package let ratios: [GradientReducer.Overlap: Double]

    package var description: String {
      let found = GradientReducer.Overlap.allCases.dropFirst().map {
        "\($0.rawValue) " + String(format: "%.2f", ratios[$0] ?? .nan)
      }
      return "overlap: \(choice.rawValue) (of the time without: \(found.joined(separator: ", ")))"
    }
  }

  /// The first step warms up; then as many of each.
  private static let each = 4
  /// What overlap must at least gain: at every bucket ranks wait for each other, and a thread takes
  /// a core's time from others.
  private static let threshold = 0.97

  private static let ways = GradientReducer.Overlap.allCases
  private var steps = 0
  private var spent: [GradientReducer.Overlap: [Double]] = [:]

  package init() {}

  /// How the next step is made.
  package var next: GradientReducer.Overlap { Self.ways[steps % Self.ways.count] }

  /// Takes a step in; gives the verdict after the last.
  /// - Parameter seconds: for the step's work, the same on all ranks.
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
