import Autograd
import Collectives
import Foundation
import Tensors

/// Cross-entropy of matching every image of the global batch to its text and every text to its
/// image, halved: ½ · mean of both directions.
///
/// A rank holds n of N pairs. Embeddings are gathered; each rank makes the log-sum-exps of its own
/// rows of both similarity matrices tile by tile, those are gathered (4N numbers), and from them
/// every rank has the exact gradient of its own embeddings: no feature gradient travels.
/// - Source: CoCa (arXiv 2205.01917) §3.2 with open_clip's convention of the mean.
/// - Complexity: O(n · N · joint) operations; O(N · joint) memory and one tile.
struct ContrastiveLoss {
  /// One rank's part.
  struct Result {
    /// This rank's share of the loss; the ranks' shares add up to it.
    let share: Double
    /// `[n, joint]`: the global loss's gradient by this rank's embeddings.
    let imageGradient: Tensor
    let textGradient: Tensor
    /// This rank's share of the gradient by the logarithm of the scale.
    let logScaleGradient: Double
    /// Of this rank's pairs, how many rank first in their row.
    let imageToTextHits: Int
    let textToImageHits: Int
  }

  private static let tileRows = 256
  private static let tileColumns = 1024

  /// - Parameters:
  ///   - images: `[n, joint]`, rows of length 1; `texts` as well.
  ///   - scale: inverse temperature.
  ///   - pairs: every rank's n.
  /// - Throws: `CollectiveError` if a rank is lost.
  static func evaluate(
    images: Tensor, texts: Tensor, scale: Float, pairs: [Int], over ranks: any Communicator,
    clock: StepClock
  ) throws -> Result {
    let joint = images.width, total = pairs.reduce(0, +)
    let first = pairs[..<ranks.rank].reduce(0, +)
    func gather(_ mine: Tensor, width: Int) throws -> Tensor {
      let all = Tensor([total, width])
      try clock.measure(.communicate) {
        try ranks.allGather(
          UnsafeBufferPointer(mine.buffer), counts: pairs.map { $0 * width }, into: all.buffer)
      }
      return all
    }
    let allImages = try gather(images, width: joint), allTexts = try gather(texts, width: joint)
    let read = 2 * (images.bytes + allImages.bytes)
    let (imageRows, textRows) = clock.measure(.forward) {
      Profile.measure("contrastive loss", bytes: read) {
        (
          Direction(own: images, all: allTexts, first: first, scale: scale),
          Direction(own: texts, all: allImages, first: first, scale: scale)
        )
      }
    }
    let imageSums = try imageRows.sums.map { try gather($0, width: 1) }
    let textSums = try textRows.sums.map { try gather($0, width: 1) }

    let weight = 1 / Float(max(2 * total, 1))
    let (byImage, byText) = clock.measure(.backward) {
      Profile.measure("contrastive loss, backward", bytes: 2 * read) {
        (
          imageRows.gradient(others: textSums, weight: weight),
          textRows.gradient(others: imageSums, weight: weight)
        )
      }
    }
    return Result(
      share: (imageRows.lossSum + textRows.lossSum) / Double(max(2 * total, 1)),
      imageGradient: byImage.gradient, textGradient: byText.gradient,
      logScaleGradient: byImage.logScale + byText.logScale, imageToTextHits: imageRows.hits,
      textToImageHits: textRows.hits)
  }

  /// A row's log-sum-exp is scale · maximum + log(sum): one float could not hold both a large
  /// maximum and the digits of the rest.
  private struct RowSums {
    let maximum: Tensor
    let sum: Tensor

    func map(_ body: (Tensor) throws -> Tensor) rethrows -> RowSums {
      try RowSums(maximum: body(maximum), sum: body(sum))
    }
  }

  /// This rank's rows of one similarity matrix, scale · own · allᵀ.
  private struct Direction {
    let own: Tensor
    let all: Tensor
    /// Column of the first own row's partner.
    let first: Int
    let scale: Float
    let sums: RowSums
    /// Each own row's product with its partner.
    private let partners: Tensor
    private(set) var lossSum = 0.0
    private(set) var hits = 0

    init(own: Tensor, all: Tensor, first: Int, scale: Float) {
      (self.own, self.all, self.first, self.scale) = (own, all, first, scale)
      sums = RowSums(maximum: Tensor([own.rows]), sum: .zeros([own.rows]))
      partners = Tensor([own.rows])
      sums.maximum.fill(-.infinity)
      forEachTile { rows, columns, logits in
        kernels.log_sum_exp_update(
          logits.pointer, logits.stride, rows.count, columns.count, scale,
          sums.maximum.pointer + rows.lowerBound, sums.sum.pointer + rows.lowerBound)
        for row in rows where columns.contains(first + row) {
          partners.pointer[row] = logits.pointer[
            (row - rows.lowerBound) * logits.stride + first + row - columns.lowerBound]
        }
      }
      for row in 0..<own.rows {
        let (maximum, own) = (sums.maximum.pointer[row], partners.pointer[row])
        lossSum += Double(scale) * (Double(maximum) - Double(own))
          + log(Double(sums.sum.pointer[row]))
        if own >= maximum { hits += 1 }
      }
    }

    /// The gradient of weight · (rows' losses + columns' losses) by the own rows, and of
    /// weight · rows' losses by log scale.
    /// - Parameter others: of the other direction's rows, this one's columns, over all ranks.
    func gradient(others: RowSums, weight: Float) -> (gradient: Tensor, logScale: Double) {
      let gradient = Tensor.zeros(own.shape)
      let shifts = Tensor([all.rows]), shares = Tensor([all.rows])
      for column in 0..<all.rows {
        shifts.pointer[column] = -others.maximum.pointer[column]
        shares.pointer[column] = 1 / others.sum.pointer[column]
      }
      let zeros = Tensor.zeros([own.rows]), ones = Tensor([own.rows])
      ones.fill(1)
      var logScale = 0.0
      forEachTile { rows, columns, logits in
        let count = rows.count * columns.count
        let byColumn = Tensor([rows.count, columns.count]), byRow = Tensor(byColumn.shape)
        kernels.add_bias(
          logits.pointer, shifts.pointer + columns.lowerBound, byColumn.pointer, rows.count,
          columns.count)
        kernels.softmax_from_sums(
          byColumn.pointer, columns.count, rows.count, columns.count, scale, zeros.pointer,
          ones.pointer, weight)
        byRow.pointer.update(from: logits.pointer, count: count)
        kernels.softmax_from_sums(
          byRow.pointer, columns.count, rows.count, columns.count, scale,
          sums.maximum.pointer + rows.lowerBound, sums.sum.pointer + rows.lowerBound, weight)
        logScale += Double(scale) * slope(of: byRow, logits, rows)
        kernels.add_scaled(
          byRow.pointer, byColumn.pointer, shares.pointer + columns.lowerBound, byRow.pointer,
          rows.count, columns.count)
        for row in rows where columns.contains(first + row) {
          byRow.pointer[
            (row - rows.lowerBound) * columns.count + first + row - columns.lowerBound] -=
            2 * weight
        }
        kernels.scale(scale, byRow.pointer, count)
        GEMM.multiply(
          Matrix(byRow), Matrix(all.rows(columns)), into: Matrix(gradient.rows(rows)), keep: 1,
          .float32)
      }
      return (gradient, logScale)
    }

    /// The sum of probability · (product - partner's product): what is nearly 1 times nearly the
    /// same is left out before it is added.
    private func slope(of probabilities: Tensor, _ logits: Matrix, _ rows: Range<Int>) -> Double {
      rows.enumerated().reduce(0) { sum, row in
        let start = row.offset * probabilities.width, count = probabilities.width
        return sum + kernels.dot(probabilities.pointer + start, logits.pointer + start, count)
          - Double(partners.pointer[row.element])
          * kernels.sum(probabilities.pointer + start, count)
      }
    }

    /// Unscaled products, a tile at a time.
    private func forEachTile(
      _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ logits: Matrix) -> Void
    ) {
      for firstRow in stride(from: 0, to: own.rows, by: ContrastiveLoss.tileRows) {
        let rows = firstRow..<min(firstRow + ContrastiveLoss.tileRows, own.rows)
        for firstColumn in stride(from: 0, to: all.rows, by: ContrastiveLoss.tileColumns) {
          let columns = firstColumn..<min(firstColumn + ContrastiveLoss.tileColumns, all.rows)
          let logits = Tensor([rows.count, columns.count])
          GEMM.multiply(
            Matrix(own.rows(rows)), Matrix(all.rows(columns)).transposed, into: Matrix(logits),
            .float32)
          body(rows, columns, Matrix(logits))
        }
      }
    }
  }
}
