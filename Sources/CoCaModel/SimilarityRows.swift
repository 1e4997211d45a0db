import Foundation
import Tensors

/// This rank's rows of one direction's similarity matrix, scale · own · allᵀ, of which only a tile
/// is ever held.
struct SimilarityRows {
  static let tileRows = 256
  static let tileColumns = 1024

  /// `[n, joint]`.
  let own: Tensor
  let shares: [GlobalBatch.Share]
  let scale: Float
  /// Of the columns seen so far.
  let sums: RowSums
  /// Each own row's product with its partner.
  private let partners: Tensor

  init(_ own: Tensor, _ shares: [GlobalBatch.Share], scale: Float) {
    (self.own, self.shares, self.scale) = (own, shares, scale)
    sums = RowSums(maximum: Tensor([own.rows, 1]), sum: .zeros([own.rows, 1]))
    sums.maximum.fill(-.infinity)
    partners = .zeros([own.rows, 1])
  }

  /// Takes a block of columns into the log-sum-exps.
  func add(_ block: Tensor, _ columns: Range<Int>) {
    forEachTile(block, columns) { tile in
      let logits = tile.logits
      Threads.split(tile.rows.count, grain: 8) { part in
        kernels.log_sum_exp_update(
          logits.rows(part).pointer, logits.stride, part.count, logits.columns, scale,
          sums.maximum.pointer + tile.rows.lowerBound + part.lowerBound,
          sums.sum.pointer + tile.rows.lowerBound + part.lowerBound)
      }
      tile.forEachPartner { row, product in partners.pointer[row] = product.pointee }
    }
  }

  /// Of a share's rows, once all columns are in: the sum of their cross-entropies, and how many
  /// have no larger product than their partner's.
  func losses(of share: GlobalBatch.Share) -> (sum: Double, hits: Int) {
    var sum = 0.0, hits = 0
    for row in share.rows {
      let (maximum, own) = (sums.maximum.pointer[row], partners.pointer[row])
      sum += Double(scale) * (Double(maximum) - Double(own)) + log(Double(sums.sum.pointer[row]))
      if own >= maximum { hits += 1 }
    }
    return (sum, hits)
  }

  /// Adds a block's part of the gradient of weight · (rows' losses + columns' losses) by the own
  /// rows, and of weight · each row's loss by log scale.
  /// - Parameters:
  ///   - columnSums: of the other direction's rows, this one's columns, over all ranks.
  ///   - gradient: `[n, joint]`.
  ///   - slopes: a number for each own row.
  func addGradient(
    _ block: Tensor, _ columns: Range<Int>, columnSums: RowSums, weight: Float, to gradient: Tensor,
    _ slopes: UnsafeMutableBufferPointer<Double>
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
          columnSums.sum.pointer + tile.columns.lowerBound, partners.pointer + row, weight,
          slope + row)
      }
      tile.forEachPartner { _, product in product.pointee -= 2 * weight * scale }
      GEMM.multiply(
        logits, Matrix(tile.others), into: Matrix(gradient.rows(tile.rows)), keep: 1, .float32)
    }
  }

  /// Own rows against some of the columns.
  private struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
    /// The embeddings of the columns.
    let others: Tensor
    /// Unscaled products.
    let logits: Matrix
    /// The column that the tile's first row has its partner in; may lie outside.
    let partner: Int

    /// The rows whose partner is among the columns, and their product with it.
    func forEachPartner(_ body: (_ row: Int, _ product: UnsafeMutablePointer<Float>) -> Void) {
      for row in rows {
        let column = partner + row - rows.lowerBound
        guard columns.contains(column) else { continue }
        body(
          row,
          logits.pointer + (row - rows.lowerBound) * logits.stride + column - columns.lowerBound)
      }
    }
  }

  /// Makes every tile of a block in turn. No tile has rows of two shares.
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
            logits: Matrix(scratch.pointer, rows: rows.count, columns: part.count),
            partner: share.first + rows.lowerBound - share.rows.lowerBound)
          GEMM.multiply(
            Matrix(own.rows(rows)), Matrix(tile.others).transposed, into: tile.logits, .float32)
          body(tile)
        }
      }
    }
  }
}

/// A row's log-sum-exp is scale · maximum + log(sum): one float could not hold both a large
/// maximum and the digits of the rest.
struct RowSums {
  /// `[rows, 1]`.
  let maximum: Tensor
  let sum: Tensor

  func map(_ body: (Tensor) throws -> Tensor) rethrows -> RowSums {
    try RowSums(maximum: body(maximum), sum: body(sum))
  }
}
