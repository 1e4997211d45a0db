import Foundation
import Tensors

/// This rank's rows of one direction's similarity matrix, scale · own · allᵀ, each a distribution
/// over the columns, beside its targets.
struct SimilarityRows {
  /// The weights of a row's loss and of a column's loss in the two means.
  struct Weights {
    let row: Float
    let column: Float
  }

  /// Of every target, a part is spread over all columns, and the rest over those that match in
  /// equal parts.
  struct Smoothing {
    let part: Double
    /// How many columns and rows the whole matrix has.
    let columns: Int
    let rows: Int

    /// The part that each column gets.
    var perColumn: Float { Float(part / Double(max(columns, 1))) }
    var perRow: Float { Float(part / Double(max(rows, 1))) }
    var rest: Float { Float(1 - part) }

    /// The entropy of a row's targets: the least that its cross-entropy can be.
    func entropy(matches: Int) -> Double {
      let spread = part / Double(max(columns, 1))
      let matched = (1 - part) / Double(matches) + spread
      func nats(_ probability: Double, _ count: Int) -> Double {
        count > 0 && probability > 0 ? -Double(count) * probability * log(probability) : 0
      }
      return nats(matched, matches) + nats(spread, columns - matches)
    }
  }

  let tiles: SimilarityTiles
  let scale: Float
  let smoothing: Smoothing
  /// Of the columns so far.
  let sums: RowSums
  /// Each own row's products: their mean by the targets, and the maximum of those that match.
  private let mean: Tensor
  private let best: Tensor

  init(_ tiles: SimilarityTiles, scale: Float, _ smoothing: Smoothing) {
    (self.tiles, self.scale, self.smoothing) = (tiles, scale, smoothing)
    let rows = tiles.own.rows
    sums = RowSums(maximum: Tensor([rows, 1]), sum: .zeros([rows, 1]))
    sums.maximum.fill(-.infinity)
    (mean, best) = (.zeros([rows, 1]), Tensor([rows, 1]))
    best.fill(-.infinity)
  }

  /// Adds a block of columns to the log-sum-exps.
  func add(_ block: Tensor, _ columns: Range<Int>) {
    tiles.forEach(block, columns) { tile in
      let products = tile.products
      Threads.split(tile.rows.count, grain: 8) { part in
        let first = tile.rows.lowerBound + part.lowerBound
        kernels.log_sum_exp_update(
          products.rows(part).pointer, products.stride, part.count, products.columns, scale,
          sums.maximum.pointer + first, sums.sum.pointer + first)
        guard smoothing.part > 0 else { return }
        for row in part {
          let sum = kernels.sum(products.pointer + row * products.stride, products.columns)
          mean.pointer[tile.rows.lowerBound + row] += smoothing.perColumn * Float(sum)
        }
      }
      tiles.forEachMatch(in: tile) { row, _, product in
        mean.pointer[row] +=
          smoothing.rest * (product.pointee / Float(tiles.matches[row].columns.count))
        best.pointer[row] = max(best.pointer[row], product.pointee)
      }
    }
  }

  /// What a share's rows add to the loss and the accuracy.
  struct ShareSums {
    /// The sum of the cross-entropies with the targets, less the targets' entropies.
    var loss = 0.0
    /// The same where all similarities are equal.
    var chance = 0.0
    /// How many rows have a match whose product no other exceeds.
    var hits = 0
  }

  /// For a share's rows, once all columns are added.
  func sums(of share: GlobalRows.Share) -> ShareSums {
    share.rows.reduce(into: ShareSums()) { found, row in
      let (maximum, own) = (sums.maximum.pointer[row], mean.pointer[row])
      let entropy = smoothing.entropy(matches: tiles.matches[row].columns.count)
      found.loss += Double(scale) * (Double(maximum) - Double(own))
        + log(Double(sums.sum.pointer[row])) - entropy
      found.chance += log(Double(max(smoothing.columns, 1))) - entropy
      if best.pointer[row] >= maximum { found.hits += 1 }
    }
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
    let spread =
      (weights.row * smoothing.perColumn + weights.column * smoothing.perRow) * scale
    tiles.forEach(block, columns) { tile in
      let products = tile.products
      Threads.split(tile.rows.count, grain: 8) { part in
        let row = tile.rows.lowerBound + part.lowerBound, lines = products.rows(part)
        kernels.contrastive_gradient(
          lines.pointer, lines.stride, part.count, lines.columns, scale,
          sums.maximum.pointer + row, sums.sum.pointer + row,
          columnSums.maximum.pointer + tile.columns.lowerBound,
          columnSums.sum.pointer + tile.columns.lowerBound, mean.pointer + row, weights.row,
          weights.column, slope + row)
        if spread > 0 { lines.subtract(spread) }
      }
      tiles.forEachMatch(in: tile) { row, match, product in
        let matches = tiles.matches[row]
        let share =
          weights.row / Float(matches.columns.count) + weights.column / Float(matches.rows[match])
        product.pointee -= smoothing.rest * share * scale
      }
      GEMM.multiply(
        products, Matrix(tile.others), into: Matrix(gradient.rows(tile.rows)), keep: 1, .float32)
    }
  }
}

extension Matrix {
  fileprivate func subtract(_ value: Float) {
    for row in 0..<rows {
      let line = pointer + row * stride
      for column in 0..<columns { line[column] -= value }
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
