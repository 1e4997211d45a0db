/// The comparisons for people: outputs and losses first, then gradients, then weights after the
/// updates, each with the worst first.
public struct Report {
  private let few: [Comparison]
  private let gradients: [Comparison]
  private let weights: [Comparison]
  private var all: [Comparison] { few + gradients + weights }

  public init(_ comparisons: [Comparison]) {
    func worst(_ prefix: String) -> [Comparison] {
      comparisons.filter { $0.name.hasPrefix(prefix) }.sorted { $0.isWorse(than: $1) }
    }
    gradients = worst("gradient/")
    weights = worst("after/")
    few = comparisons.filter { !$0.name.hasPrefix("gradient/") && !$0.name.hasPrefix("after/") }
  }

  public var passes: Bool { all.allSatisfy(\.passes) }

  /// - Parameter top: how many gradients and weights are shown; those that fail always are.
  public func text(top: Int) -> String {
    var lines = ["    ours      own  allowed"] + few.map(\.description)
    for (title, part) in [("gradients", gradients), ("weights after the updates", weights)]
    where !part.isEmpty {
      lines.append("\(title), the worst of \(part.count):")
      lines += part.prefix(max(top, part.count { !$0.passes })).map(\.description)
    }
    let failed = all.count { !$0.passes }
    lines.append(
      failed == 0
        ? "all \(all.count) within the rule" : "\(failed) of \(all.count) break the rule")
    return lines.joined(separator: "\n")
  }

  /// A line for each tensor, columns separated by tabs.
  public var table: String {
    "name\tours\town\tallowed\n"
      + all.map { "\($0.name)\t\($0.error)\t\($0.own)\t\($0.allowed)\n" }.joined()
  }
}

extension Comparison {
  /// Those that fail come first.
  fileprivate func isWorse(than other: Comparison) -> Bool {
    passes == other.passes ? error > other.error : !passes
  }
}
