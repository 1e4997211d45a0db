import Foundation
import Tensors

/// This rank's rows of one direction's similarity matrix, scale · own · allᵀ. Only one tile of it
/// is in memory at a time.
struct SimilarityRows {
  static let tileRows = 256
  static let tileColumns = 1024

  /// What a row must match.
  struct Partners {
    /// The columns that match the row: an image's texts, or a text's image.
    let columns: Range<Int>
    /// How many rows each of those columns matches.
    let rows: Int
  }

  /// The weights of a row's loss and of a column's loss in the two means.
  struct Weights {
    let row: Float
    let column: Float
  }

  /// `[n, joint]`.
  let own: Tensor
  let shares: [GlobalRows.Share]
  let scale: Float
  /// Of the columns so far.
  let sums: RowSums
  private let partners: [Partners]
  /// Each own row's products with its partners: their mean and their maximum.
  private let mean: Tensor
  private let best: Tensor

  init(_ own: Tensor, _ shares: [GlobalRows.Share], _ partners: [Partners], scale: Float) {
    (self.own, self.shares, self.partners, self.scale) = (own, shares, partners, scale)
    sums = RowSums(maximum: Tensor([own.rows, 1]), sum: .zeros([own.rows, 1]))
    sums.maximum.fill(-.infinity)
    (mean, best) = (.zeros([own.rows, 1]), Tensor([own.rows, 1]))
    best.fill(-.infinity)
  }

  /// Adds a block of columns to the log-sum-exps.
  func add(_ block: Tensor, _ columns: Range<Int>) {
    forEachTile(block, columns) { tile in
      let logits = tile.logits
      Threads.split(tile.rows.count, grain: 8) { part in
        kernels.log_sum_exp_update(
          logits.rows(part).pointer, logits.stride, part.count, logits.columns, scale,
          sums.maximum.pointer + tile.rows.lowerBound + part.lowerBound,
          sums.sum.pointer + tile.rows.lowerBound + part.lowerBound)
      }
      forEachPartner(in: tile) { row, product in
        mean.pointer[row] += product.pointee / Float(partners[row].columns.count)
        best.pointer[row] = max(best.pointer[row], product.pointee)
      }
    }
  }

  /// For a share's rows, once all columns are added: the sum of the cross-entropies with their
  /// partners in equal parts, and how many rows have a partner whose product no other exceeds.
  func losses(of share: GlobalRows.Share) -> (sum: Double, hits: Int) {
    var sum = 0.0, hits = 0
    for row in share.rows {
      let (maximum, own) = (sums.maximum.pointer[row], mean.pointer[row])
      sum += Double(scale) * (Double(maximum) - Double(own)) + log(Double(sums.sum.pointer[row]))
      if best.pointer[row] >= maximum { hits += 1 }
    }
    return (sum, hits)
  }

  /// Adds a block's part of two gradients: that of the weighted losses of all rows and columns with
  /// respect to the own rows, and that of each own row's weighted loss with respect to log scale.
  /// - Parameters:
  ///   - columnSums: over all ranks, of the other direction's rows, which are this one's columns.
  ///   - gradient: `[n, joint]`.
  ///   - slopes: one number for each own row.
  func addGradient(
    _ block: Tensor, _ columns: Range<Int>, columnSums: RowSums, _ weights: Weights,
    to gradient: Tensor, _ slopes: UnsafeMutableBufferPointer<Double>
  ) {
    guard let slope = slopes.baseAddress else { return }
    forEachTile(block, columns) { tile in
      let logits = tile.logits
      Threads.split(tile.rows.count, grain: 8) { part in
        let row = tile.rows.lowerBound + part.lowerBound
        kernels.contrastive_gradient(
          logits.rows(part).pointer, logits.stride, part.count, logits.columns, scale,
          sums.maximum.pointer + row, sums.sum.pointer + row,
          columnSums.maximum.pointer + tile.columns.lowerBound,
          columnSums.sum.pointer + tile.columns.lowerBound, mean.pointer + row, weights.row,
          weights.column, slope + row)
      }
      forEachPartner(in: tile) { row, product in
        let partners = partners[row]
        let share =
          weights.row / Float(partners.columns.count) + weights.column / Float(partners.rows)
        product.pointee -= share * scale
      }
      GEMM.multiply(
        logits, Matrix(tile.others), into: Matrix(gradient.rows(tile.rows)), keep: 1, .float32)
    }
  }

  /// Own rows times some of the columns.
  private struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
    /// The embeddings of the columns.
    let others: Tensor
    /// Products before they are scaled.
    let logits: Matrix
  }

  /// Visits the rows that have partners among the tile's columns, with their products.
  private func forEachPartner(
    in tile: Tile, _ body: (_ row: Int, _ product: UnsafeMutablePointer<Float>) -> Void
  ) {
    for row in tile.rows {
      let line = tile.logits.pointer + (row - tile.rows.lowerBound) * tile.logits.stride
      for column in partners[row].columns.clamped(to: tile.columns) {
        body(row, line + column - tile.columns.lowerBound)
      }
    }
  }

  /// Makes the tiles of a block one after another. No tile has rows of two shares.
  private func forEachTile(_ block: Tensor, _ columns: Range<Int>, _ body: (Tile) -> Void) {
    let scratch = Tensor([
      min(Self.tileRows, own.rows), min(Self.tileColumns, columns.count),
    ])
    for share in shares {
      for rows in share.rows.pieces(of: Self.tileRows) {
        for part in columns.pieces(of: Self.tileColumns) {
          let first = part.lowerBound - columns.lowerBound
          let tile = Tile(
            rows: rows, columns: part, others: block.rows(first..<first + part.count),
            logits: Matrix(scratch.pointer, rows: rows.count, columns: part.count))
          GEMM.multiply(
            Matrix(own.rows(rows)), Matrix(tile.others).transposed, into: tile.logits, .float32)
          body(tile)
        }
      }
    }
  }
}

/// A row's log-sum-exp is scale · maximum + log(sum). It is kept as two numbers: one float could
/// not hold a large maximum and the digits of the rest.
struct RowSums {
  /// `[rows, 1]`.
  let maximum: Tensor
  let sum: Tensor

  func map(_ body: (Tensor) throws -> Tensor) rethrows -> RowSums {
    try RowSums(maximum: body(maximum), sum: body(sum))
  }
}
