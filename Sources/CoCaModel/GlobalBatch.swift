import Collectives

/// Where the global batch's images and texts lie, and the denominators of its losses.
package struct GlobalBatch {
  package let images: GlobalRows
  package let texts: GlobalRows
  /// What counts for each term over all ranks, in the terms' order.
  let denominators: [Int]
  /// Whether no sum may depend on which rank holds which share.
  let isOrdered: Bool

  /// Counts over all ranks, before any loss.
  /// - Parameters:
  ///   - images: images of each of this rank's shares; every rank has the same number of shares.
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

  /// The number of shares of all ranks.
  var shares: Int { images.lengths.count }
}

/// Where the rows of all ranks lie, either images or texts.
///
/// They form a line of shares: one for each rank, or one for each lane. Share `i` lies on rank
/// `i` mod P; a rank's rows are those of its shares, one after another.
package struct GlobalRows {
  /// How many rows every share has.
  let lengths: [Int]
  let rank: Int
  let ranks: Int
  /// The position in the batch of each share's first row, and the end of the last share.
  private let starts: [Int]

  /// A share, as the rank that has it holds it.
  struct Share {
    /// Its index among all shares.
    let index: Int
    /// Its rows among the rank's rows.
    let rows: Range<Int>
    /// The position of its first row in the batch.
    let first: Int

    /// The positions of its rows in the batch.
    var columns: Range<Int> { first..<first + rows.count }

    /// The position in the batch of one of the rank's rows.
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
  /// The range, cut into ranges of at most `length`.
  func pieces(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}
