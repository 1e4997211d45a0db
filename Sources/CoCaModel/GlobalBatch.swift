import Collectives

/// Where the images and texts of the global batch stand, and what its losses are divided by.
package struct GlobalBatch {
  package let images: GlobalRows
  package let texts: GlobalRows
  /// Of every term, in their order: what counts for it over all ranks.
  let denominators: [Int]
  /// Whether no sum may depend on how the shares lie on ranks.
  let isOrdered: Bool

  /// Counts over all ranks, before any loss.
  /// - Parameters:
  ///   - images: of each of this rank's shares, as many shares as on every rank.
  ///   - texts: likewise.
  ///   - counts: this rank's part of every term's denominator.
  /// - Throws: `CollectiveError` if a rank is lost.
  package init(
    images: [Int], texts: [Int], counts: [Int], isOrdered: Bool, over ranks: any Communicator
  ) throws {
    let shares = images.count * ranks.size
    var sums = [Double](repeating: 0, count: 2 * shares + counts.count)
    for (index, lengths) in zip(images, texts).enumerated() {
      sums[index * ranks.size + ranks.rank] = Double(lengths.0)
      sums[shares + index * ranks.size + ranks.rank] = Double(lengths.1)
    }
    for (index, count) in counts.enumerated() { sums[2 * shares + index] = Double(count) }
    try ranks.allReduceSum(&sums)
    let totals = sums.map { Int($0) }
    self.images = GlobalRows(Array(totals[..<shares]), ranks)
    self.texts = GlobalRows(Array(totals[shares..<2 * shares]), ranks)
    denominators = Array(totals[(2 * shares)...])
    self.isOrdered = isOrdered
  }

  /// Shares of all ranks.
  var shares: Int { images.lengths.count }
}

/// Where the rows of all ranks stand, be they images' or texts'.
///
/// They are a line of shares: one a rank, or as many a rank as it has lanes. Share `i` lies on
/// rank `i` mod P; a rank's rows are those of its shares, one after another.
package struct GlobalRows {
  /// Rows of every share.
  let lengths: [Int]
  let rank: Int
  let ranks: Int
  /// Number of each share's first row in the batch, and of the row after the last.
  private let starts: [Int]

  /// A share of a rank.
  struct Share {
    /// Its number among all shares.
    let index: Int
    /// Where it lies among the rank's rows.
    let rows: Range<Int>
    /// The number of its first row in the batch.
    let first: Int

    /// Its rows' numbers in the batch.
    var columns: Range<Int> { first..<first + rows.count }

    /// A row's number in the batch.
    func column(of row: Int) -> Int { first + row - rows.lowerBound }
  }

  init(_ lengths: [Int], _ ranks: any Communicator) {
    self.lengths = lengths
    (rank, self.ranks) = (ranks.rank, ranks.size)
    starts = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
  }

  package var count: Int { starts[lengths.count] }

  /// This rank's shares, in their order.
  var own: [Share] { shares(of: rank) }

  var ownCount: Int { own.last?.rows.upperBound ?? 0 }

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
