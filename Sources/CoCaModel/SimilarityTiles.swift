import Tensors

/// The products of a rank's rows of one kind, images or texts, with all columns of the other kind.
/// Only one tile of them is in memory at a time.
struct SimilarityTiles {
  static let rows = 256
  static let columns = 1024

  /// Own rows times some of the columns.
  struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
    /// The embeddings of the columns.
    let others: Tensor
    /// The products: cosines, before they are scaled.
    let products: Matrix
  }

  /// `[n, joint]`.
  let own: Tensor
  let shares: [GlobalRows.Share]
  let matches: [Matches.Row]

  /// Makes the tiles of a block one after another. No tile has rows of two shares.
  func forEach(_ block: Tensor, _ columns: Range<Int>, _ body: (Tile) -> Void) {
    let scratch = Tensor([min(Self.rows, own.rows), min(Self.columns, columns.count)])
    for share in shares {
      for rows in share.rows.pieces(of: Self.rows) {
        for part in columns.pieces(of: Self.columns) {
          let first = part.lowerBound - columns.lowerBound
          let tile = Tile(
            rows: rows, columns: part, others: block.rows(first..<first + part.count),
            products: Matrix(scratch.pointer, rows: rows.count, columns: part.count))
          GEMM.multiply(
            Matrix(own.rows(rows)), Matrix(tile.others).transposed, into: tile.products, .float32)
          body(tile)
        }
      }
    }
  }

  /// Visits the products of rows with columns that match them.
  /// - Parameter body: gets the row, the number of the match among the row's, and the product.
  func forEachMatch(
    in tile: Tile, _ body: (_ row: Int, _ match: Int, UnsafeMutablePointer<Float>) -> Void
  ) {
    for row in tile.rows {
      let line = tile.products.pointer + (row - tile.rows.lowerBound) * tile.products.stride
      let columns = matches[row].columns
      var match = columns.firstIndex(notBelow: tile.columns.lowerBound)
      while match < columns.count, columns[match] < tile.columns.upperBound {
        body(row, match, line + columns[match] - tile.columns.lowerBound)
        match += 1
      }
    }
  }
}

extension [Int] {
  /// In an ascending array: the index of the first element of at least `bound`, or its end.
  fileprivate func firstIndex(notBelow bound: Int) -> Int {
    var low = 0, high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
