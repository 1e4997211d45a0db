/// Tells a rank that is slow for long from one that is slow now and then, as any rank may be.
package struct ImbalanceWatch {
  /// A rank is slow in a step where its work takes more than this times the mean.
  private static let tolerable = 1.2
  /// It is named where it was so in `many` of the last `span` steps.
  private static let span = 20
  private static let many = 15

  /// The slow rank of each of the last steps; nil where none was.
  private var last: [Int?] = []

  package init() {}

  /// - Parameters:
  ///   - rank: the slowest of the step.
  ///   - imbalance: its work over the mean.
  /// - Returns: whether that rank is to be named.
  package mutating func add(rank: Int, imbalance: Double) -> Bool {
    last.append(imbalance > Self.tolerable ? rank : nil)
    if last.count > Self.span { last.removeFirst() }
    return last.last == .some(rank) && last.count { $0 == rank } >= Self.many
  }
}
