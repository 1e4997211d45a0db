import Collectives

/// A number of `Report` that every rank knows of itself and that all ranks need; its key path is
/// its name.
package struct Slot<Report> {
  let path: PartialKeyPath<Report>
  let number: (Report) -> Double

  package init(_ path: KeyPath<Report, Double>) {
    (self.path, number) = (path, { $0[keyPath: path] })
  }

  package init(_ path: KeyPath<Report, Int>) {
    (self.path, number) = (path, { Double($0[keyPath: path]) })
  }

  package init(_ path: KeyPath<Report, Bool>) {
    (self.path, number) = (path, { $0[keyPath: path] ? 1 : 0 })
  }
}

/// The sums of the ranks' reports, the same on all ranks. A sum has the name of the number in a
/// report: `sums.tokens` is the sum of all ranks' `tokens`.
@dynamicMemberLookup
package struct RankSums<Report> {
  private let ranks: Int
  private var sums: [PartialKeyPath<Report>: Double] = [:]
  private var lists: [PartialKeyPath<Report>: [Double]] = [:]

  /// Adds up all numbers over the ranks in one sum. Collective.
  ///
  /// - Parameters:
  ///   - added: the slots whose sum is needed.
  ///   - listed: the slots of which every rank's number is needed.
  /// - Throws: `CollectiveError` if a rank is lost.
  package init(
    _ report: Report, added: [Slot<Report>], listed: [Slot<Report>],
    over ranks: any Communicator
  ) throws(CollectiveError) {
    self.ranks = ranks.size
    var values = added.map { $0.number(report) }
    for slot in listed {
      var list = [Double](repeating: 0, count: ranks.size)
      list[ranks.rank] = slot.number(report)
      values += list
    }
    try ranks.allReduceSum(&values)
    for (slot, sum) in zip(added, values) { sums[slot.path] = sum }
    for (index, slot) in listed.enumerated() {
      let start = added.count + index * ranks.size
      lists[slot.path] = Array(values[start..<start + ranks.size])
    }
  }

  package subscript(dynamicMember path: KeyPath<Report, Double>) -> Double { sum(path) }
  package subscript(dynamicMember path: KeyPath<Report, Int>) -> Int { Int(sum(path)) }
  /// Whether it is true on any rank.
  package subscript(dynamicMember path: KeyPath<Report, Bool>) -> Bool { sum(path) > 0 }

  package func mean(_ path: PartialKeyPath<Report>) -> Double { sum(path) / Double(ranks) }

  /// Every rank's number.
  package func list(_ path: PartialKeyPath<Report>) -> [Double] {
    guard let list = lists[path] else { preconditionFailure("no slot lists \(path)") }
    return list
  }

  private func sum(_ path: PartialKeyPath<Report>) -> Double {
    guard let sum = sums[path] else { preconditionFailure("no slot adds \(path)") }
    return sum
  }
}
