/// What was compared, as people read it.
public struct Report {
  private let comparisons: [Comparison]

  public init(_ comparisons: [Comparison]) { self.comparisons = comparisons }

  public var passes: Bool { comparisons.allSatisfy(\.passes) }

  /// Outputs and losses, and the worst of the many gradients and weights.
  public func text(top: Int) -> String {
    let kinds = [("gradient/", "gradients"), ("after/", "weights after the updates")]
    let few = comparisons.filter { comparison in
      !kinds.contains { comparison.name.hasPrefix($0.0) }
    }
    var lines = ["    ours      own  allowed"] + few.map(\.description)
    for (prefix, title) in kinds {
      let all = comparisons.filter { $0.name.hasPrefix(prefix) }
        .sorted { ($0.isOff, $0.error) > ($1.isOff, $1.error) }
      guard !all.isEmpty else { continue }
      lines.append("\(title), the worst of \(all.count):")
      lines += all.prefix(max(top, all.count { !$0.passes })).map(\.description)
    }
    let failed = comparisons.count { !$0.passes }
    lines.append(
      failed == 0
        ? "all \(comparisons.count) within the rule"
        : "\(failed) of \(comparisons.count) break the rule")
    return lines.joined(separator: "\n")
  }

  /// A line a tensor, columns parted by tabs.
  public var lines: String {
    "name\tours\town\tallowed\n"
      + comparisons.map { "\($0.name)\t\($0.error)\t\($0.own)\t\($0.allowed)\n" }.joined()
  }
}

extension Comparison {
  fileprivate var isOff: Int { passes ? 0 : 1 }
}
