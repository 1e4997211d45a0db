import Foundation
import Tensors

/// Summed cross-entropy of a linear classifier over a large vocabulary.
///
/// Logits are computed for a tile of rows and a block of the vocabulary at a time, with an online
/// log-sum-exp, and again in the backward pass: rows × vocabulary logits are never stored.
/// - Parameters:
///   - hidden: `[rows, width]`.
///   - vocabulary: `[vocabularySize, width]`.
///   - targets: an id per row; for a row with a negative id nothing is predicted.
///   - smoothing: how much of each target is spread evenly over the vocabulary.
///   - weight: the factor of the sum in the total loss; the backward pass starts with it.
/// - Returns: the sum over rows in nats, not weighted.
/// - Source: the blocks follow Wijmans et al., arXiv 2411.09009.
/// - Complexity: O(rows · vocabularySize · width) operations, O(512 · 4,096) memory.
public func vocabularyCrossEntropy(
  _ hidden: Variable, _ vocabulary: Parameter, targets: [Int32], smoothing: Float = 0,
  weight: Float
) -> Double {
  let loss = VocabularyCrossEntropy(
    hidden: hidden.value, vocabulary: vocabulary.value, targets: targets, smoothing: smoothing)
  let read = hidden.value.bytes + vocabulary.value.bytes
  let sum = Profile.measure("vocabulary cross-entropy", bytes: read) { loss.forward() }
  guard !hidden.isConstant || vocabulary.isTrained else { return sum }
  hidden.tape?.record([vocabulary]) {
    Profile.measure("vocabulary cross-entropy, backward", bytes: 2 * read) {
      let (gradient, keep) = hidden.target()
      if keep == 0 { gradient.fill(0) }
      loss.backward(
        weight: weight, dHidden: gradient,
        dVocabulary: hidden.rows > 0 ? vocabulary.target() : nil)
    }
  }
  return sum
}

/// How many rows and columns of the logits `vocabularyCrossEntropy` has in memory at a time.
public func logitsTile(rows: Int, vocabulary: Int) -> (rows: Int, columns: Int) {
  (min(VocabularyCrossEntropy.rowTile, rows), min(VocabularyCrossEntropy.columnBlock, vocabulary))
}

private struct VocabularyCrossEntropy {
  static let rowTile = 512
  static let columnBlock = 4096

  let hidden: Tensor
  let vocabulary: Tensor
  let targets: [Int32]
  let smoothing: Float
  /// For each row its largest logit, and the sum of exp(logit - maximum).
  let maxima: Tensor
  let sums: Tensor

  init(hidden: Tensor, vocabulary: Tensor, targets: [Int32], smoothing: Float) {
    precondition(targets.count == hidden.rows, "a target for every row")
    self.hidden = hidden
    self.vocabulary = vocabulary
    self.targets = targets
    self.smoothing = smoothing
    maxima = Tensor([hidden.rows])
    sums = Tensor.zeros([hidden.rows])
  }

  func forward() -> Double {
    let targetLogits = Tensor.zeros([hidden.rows])
    var evenLogits = [Double](repeating: 0, count: smoothing > 0 ? hidden.rows : 0)
    maxima.fill(-.infinity)
    forEachTile { rows, columns, logits in
      Threads.split(rows.count, grain: 8) { part in
        kernels.log_sum_exp_update(
          logits.rows(part).pointer, logits.stride, part.count, logits.columns, 1,
          maxima.pointer + rows.lowerBound + part.lowerBound,
          sums.pointer + rows.lowerBound + part.lowerBound)
      }
      forEachTarget(rows, columns) { row, column in
        targetLogits.pointer[rows.lowerBound + row] = logits.pointer[row * logits.stride + column]
      }
      for row in evenLogits.indices.clamped(to: rows) {
        let place = (row - rows.lowerBound) * logits.stride
        evenLogits[row] += kernels.sum(logits.pointer + place, logits.columns)
      }
    }
    var total = 0.0
    for row in 0..<hidden.rows where targets[row] >= 0 {
      let target = Double(targetLogits.pointer[row])
      total += Double(maxima.pointer[row]) - target + log(Double(sums.pointer[row]))
      guard smoothing > 0 else { continue }
      total += Double(smoothing) * (target - evenLogits[row] / Double(vocabulary.rows))
    }
    return total
  }

  func backward(weight: Float, dHidden: Tensor, dVocabulary: (gradient: Tensor, keep: Float)?) {
    forEachTile { rows, columns, logits in
      Threads.split(rows.count, grain: 8) { part in
        for row in part {
          kernels.softmax_from_sums(
            logits.pointer + row * logits.stride, logits.stride, 1, logits.columns, 1,
            maxima.pointer + rows.lowerBound + row, sums.pointer + rows.lowerBound + row,
            targets[rows.lowerBound + row] < 0 ? 0 : weight)
        }
      }
      spread(weight, rows, logits)
      forEachTarget(rows, columns) { row, column in
        logits.pointer[row * logits.stride + column] -= weight * (1 - smoothing)
      }
      GEMM.multiply(
        logits, Matrix(vocabulary.rows(columns)), into: Matrix(dHidden.rows(rows)), keep: 1)
      guard let dVocabulary else { return }
      GEMM.multiply(
        logits.transposed, Matrix(hidden.rows(rows)),
        into: Matrix(dVocabulary.gradient.rows(columns)),
        keep: rows.lowerBound == 0 ? dVocabulary.keep : 1)
    }
  }

  /// Takes the part of the targets that is spread over the vocabulary from the gradients.
  private func spread(_ weight: Float, _ rows: Range<Int>, _ gradients: Matrix) {
    guard smoothing > 0 else { return }
    let part = weight * smoothing / Float(vocabulary.rows)
    for row in rows where targets[row] >= 0 {
      let line = gradients.pointer + (row - rows.lowerBound) * gradients.stride
      for column in 0..<gradients.columns { line[column] -= part }
    }
  }

  /// Computes the logits of every tile, one after another.
  private func forEachTile(_ body: (_ rows: Range<Int>, _ columns: Range<Int>, Matrix) -> Void) {
    let tile = logitsTile(rows: hidden.rows, vocabulary: vocabulary.rows)
    let scratch = Tensor([tile.rows, tile.columns])
    for firstRow in stride(from: 0, to: hidden.rows, by: Self.rowTile) {
      let rows = firstRow..<min(firstRow + Self.rowTile, hidden.rows)
      for firstColumn in stride(from: 0, to: vocabulary.rows, by: Self.columnBlock) {
        let columns = firstColumn..<min(firstColumn + Self.columnBlock, vocabulary.rows)
        let logits = Matrix(scratch.pointer, rows: rows.count, columns: columns.count)
        GEMM.multiply(
          Matrix(hidden.rows(rows)), Matrix(vocabulary.rows(columns)).transposed, into: logits)
        body(rows, columns, logits)
      }
    }
  }

  /// The rows of a tile whose target lies in its block of columns.
  private func forEachTarget(
    _ rows: Range<Int>, _ columns: Range<Int>, _ body: (_ row: Int, _ column: Int) -> Void
  ) {
    for row in rows where columns.contains(Int(targets[row])) {
      body(row - rows.lowerBound, Int(targets[row]) - columns.lowerBound)
    }
  }
}
