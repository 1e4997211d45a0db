import Collectives

/// Where the pairs of the global batch stand, and what its losses are divided by.
///
/// The batch is a line of shares: one a rank, or as many a rank as it has lanes. Share `i` lies on
/// rank `i` mod P; a rank's pairs are those of its shares, one after another.
package struct GlobalBatch {
  /// Pairs of every share.
  let lengths: [Int]
  /// Ids to be predicted, over all ranks.
  let targets: Int
  let rank: Int
  let ranks: Int
  /// Whether no sum may depend on how the shares lie on ranks.
  let isOrdered: Bool
  /// Number of each share's first pair in the batch, and of the pair after the last.
  private let starts: [Int]

  /// A share of a rank.
  struct Share {
    /// Its number among all shares.
    let index: Int
    /// Where it lies among the rank's pairs.
    let rows: Range<Int>
    /// The number of its first pair in the batch.
    let first: Int

    var columns: Range<Int> { first..<first + rows.count }
  }

  /// Counts over all ranks, before any loss.
  /// - Parameters:
  ///   - own: pairs of each of this rank's shares, as many shares as on every rank.
  ///   - targets: of this rank.
  /// - Throws: `CollectiveError` if a rank is lost.
  package init(own: [Int], isOrdered: Bool, targets: Int, over ranks: any Communicator) throws {
    var counts = [Double](repeating: 0, count: own.count * ranks.size + 1)
    for (index, length) in own.enumerated() {
      counts[index * ranks.size + ranks.rank] = Double(length)
    }
    counts[counts.count - 1] = Double(targets)
    try ranks.allReduceSum(&counts)
    lengths = counts.dropLast().map { Int($0) }
    self.targets = Int(counts[counts.count - 1])
    (rank, self.ranks, self.isOrdered) = (ranks.rank, ranks.size, isOrdered)
    starts = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
  }

  var pairs: Int { starts[lengths.count] }

  /// A rank's shares, in their order.
  func shares(of rank: Int) -> [Share] {
    var row = 0
    return stride(from: rank, to: lengths.count, by: ranks).map { index in
      defer { row += lengths[index] }
      return Share(index: index, rows: row..<row + lengths[index], first: starts[index])
    }
  }
}

extension Range<Int> {
  /// Cut into ranges of at most `length`.
  func pieces(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}
