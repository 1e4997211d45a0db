/// Rows that were left out, counted by reason.
struct SkippedRows {
  private struct Group {
    var text: String
    var count = 0
  }

  /// How many rows of a reason are named.
  private static let examples = 3
  private static let kinds = 50
  private var groups: [String: Group] = [:]

  /// Counts a row; from the 51st kind of reason on all count as one kind.
  /// - Returns: whether it is one of the first three of its kind.
  mutating func add(_ reason: PackingError.Reason) -> Bool {
    var kind = reason.kind
    if groups[kind] == nil, groups.count >= Self.kinds { kind = "other reasons" }
    let text = reason.text.onOneLine
    var group = groups[kind] ?? Group(text: text)
    if group.text != text { group.text = kind.onOneLine }
    group.count += 1
    groups[kind] = group
    return group.count <= Self.examples
  }

  /// The reasons with their counts, the most frequent first; empty where every row was named.
  var lines: [String] {
    guard groups.values.contains(where: { $0.count > Self.examples }) else { return [] }
    let total = groups.values.reduce(0) { $0 + $1.count }
    let sorted = groups.values.sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    return ["skipped \(total.counted("row")), examples above, all of them with --verbose:"]
      + sorted.map { String(repeating: " ", count: max(0, 8 - "\($0.count)".count))
        + "\($0.count)  \($0.text)" }
  }
}

extension PackingError.Reason {
  /// The text without what differs from row to row: paths and numbers.
  fileprivate var kind: String {
    switch self {
    case .climbs: "the path climbs out of the root"
    case .outside(_, let root): "the path is not inside the root \(root)"
    default: text.replacing(#/\d+/#, with: "N")
    }
  }
}
