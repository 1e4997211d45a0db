import CKernels
import Foundation
import Testing

private func logSumExp(_ logits: [Double], scale: Double) -> Double {
  let top = logits.map { $0 * scale }.max()!
  return top + log(logits.map { exp($0 * scale - top) }.reduce(0, +))
}

@Suite("Cross-entropy kernels")
struct KernelCrossEntropyTests {
  @Test("blocks of columns give the log-sum-exp of the whole", arguments: KernelLevel.all)
  func blocks(level: KernelLevel) {
    let rows = 3, ld = 140, scale: Float = 14
    for columns in kernelLengths {
      let values = someFloats(rows * ld, seed: 60, span: 4)
      let logits = GuardedFloats(values)
      let expected = (0..<rows).map {
        logSumExp(doubles(Array(values[$0 * ld..<$0 * ld + columns])), scale: Double(scale))
      }
      for block in [1, 7, 16, columns] {
        let maximum = GuardedFloats(Array(repeating: -.infinity, count: rows))
        let sum = GuardedFloats(zeros: rows)
        for first in stride(from: 0, to: columns, by: block) {
          level.table.log_sum_exp_update(
            logits.pointer + first, ld, rows, min(block, columns - first), scale,
            maximum.pointer, sum.pointer)
        }
        let lse = zip(maximum.values, sum.values).map { scale * $0 + log($1) }
        expectClose(lse, expected, absolute: 1e-5, relative: 1e-6)
      }
    }
  }

  @Test("a first block of -inf adds nothing", arguments: KernelLevel.all)
  func masked(level: KernelLevel) {
    let logits = GuardedFloats([-.infinity, -.infinity, 0, 0])
    let maximum = GuardedFloats([-.infinity]), sum = GuardedFloats([0])
    level.table.log_sum_exp_update(logits.pointer, 4, 1, 2, 1, maximum.pointer, sum.pointer)
    #expect(maximum.values == [-.infinity] && sum.values == [0])
    level.table.log_sum_exp_update(logits.pointer + 2, 4, 1, 2, 1, maximum.pointer, sum.pointer)
    #expect(maximum.values == [0] && sum.values == [2])
  }

  @Test("NaN anywhere reaches the sum", arguments: KernelLevel.all)
  func notANumber(level: KernelLevel) {
    for columns in kernelLengths {
      var values = someFloats(columns, seed: 61)
      values[columns - 1] = .nan
      let logits = GuardedFloats(values)
      let maximum = GuardedFloats([-.infinity]), sum = GuardedFloats([0])
      level.table.log_sum_exp_update(
        logits.pointer, columns, 1, columns, 1, maximum.pointer, sum.pointer)
      #expect(sum.values[0].isNaN)
    }
  }

  @Test("softmax_from_sums is the gradient of the log-sum-exp", arguments: KernelLevel.all)
  func gradient(level: KernelLevel) {
    let rows = 2, scale: Float = 3
    for columns in [1, 3, 15, 16, 24, 97] {
      let values = someFloats(rows * columns, seed: 62)
      let inputs = (0..<rows).map { row($0, of: doubles(values), width: columns) }
      let logits = GuardedFloats(values)
      let maximum = GuardedFloats(Array(repeating: -.infinity, count: rows))
      let sum = GuardedFloats(zeros: rows)
      level.table.log_sum_exp_update(
        logits.pointer, columns, rows, columns, scale, maximum.pointer, sum.pointer)
      level.table.softmax_from_sums(
        logits.pointer, columns, rows, columns, scale, maximum.pointer, sum.pointer, scale)
      let expected = inputs.flatMap { input in
        centralDifferences(at: input) { logSumExp($0, scale: Double(scale)) }
      }
      expectClose(logits.values, expected, absolute: 3e-6)
    }
  }

  @Test("a tile of the sigmoid loss has its sums and slopes", arguments: KernelLevel.all)
  func sigmoid(level: KernelLevel) {
    let rows = 2, scale: Float = 8, bias: Float = -3, weight: Float = 0.25
    for columns in [1, 3, 15, 16, 97, 1100] {
      var values = someFloats(rows * columns, seed: 69)
      values[columns - 1] = -1e30
      let logits = GuardedFloats(values), maximum = GuardedFloats([-.infinity, 7])
      var losses = [1.0, 2], scaleSlopes = [3.0, 4], biasSlopes = [5.0, 6]
      let before = [losses, scaleSlopes, biasSlopes]
      level.table.sigmoid_gradient(
        logits.pointer, columns, rows, columns, scale, bias, weight, maximum.pointer, &losses,
        &scaleSlopes, &biasSlopes)
      let slopes = values.map { Double(weight) / (1 + exp(-Double(scale * $0 + bias))) }
      expectClose(logits.values, slopes.map { $0 * Double(scale) }, absolute: 1e-6, relative: 1e-6)
      for row in 0..<rows {
        let places = row * columns..<(row + 1) * columns
        let expected = places.reduce(into: before.map { $0[row] }) { sum, place in
          sum[0] += Double(weight) * log1p(exp(Double(scale * values[place] + bias)))
          sum[1] += slopes[place] * Double(scale) * Double(values[place])
          sum[2] += slopes[place]
        }
        for (found, expected) in zip([losses, scaleSlopes, biasSlopes], expected) {
          #expect(abs(found[row] - expected) < 1e-6 * (1 + abs(expected)))
        }
        #expect(maximum.values[row] == max(row == 0 ? -.infinity : 7, values[places].max() ?? 0))
      }
    }
  }

  @Test("a contrastive tile's gradient is that of its rows and columns", arguments: KernelLevel.all)
  func contrastive(level: KernelLevel) {
    let rows = 3, scale: Float = 5, weights: [Float] = [0.25, 0.75]
    for columns in [1, 3, 15, 16, 24, 97] {
      let values = someFloats(rows * columns, seed: 63)
      let tops = [someFloats(rows, seed: 64), someFloats(columns, seed: 65)].map {
        $0.map { 2 + abs($0) }
      }
      let sums = [someFloats(rows, seed: 66), someFloats(columns, seed: 67)].map {
        $0.map { 1 + abs($0) }
      }
      let partners = someFloats(rows, seed: 68)
      let logits = GuardedFloats(values)
      let columnTops = GuardedFloats(tops[1]), columnSums = GuardedFloats(sums[1])
      var slopes = [Double](repeating: 2, count: rows)
      level.table.contrastive_gradient(
        logits.pointer, columns, rows, columns, scale, tops[0], sums[0], columnTops.pointer,
        columnSums.pointer, partners, weights[0], weights[1], &slopes)
      func part(_ index: Int, _ direction: Int, _ place: Int) -> Double {
        exp(Double(scale) * (Double(values[index]) - Double(tops[direction][place])))
          / Double(sums[direction][place]) * Double(weights[direction] * scale)
      }
      let expected = values.indices.map { part($0, 0, $0 / columns) + part($0, 1, $0 % columns) }
      expectClose(logits.values, expected, absolute: 1e-6, relative: 1e-6)
      for row in 0..<rows {
        let expected = (0..<columns).reduce(2.0) { sum, column in
          let index = row * columns + column
          return sum + part(index, 0, row) * (Double(values[index]) - Double(partners[row]))
        }
        #expect(abs(slopes[row] - expected) < 1e-5 * (1 + abs(expected)))
      }
    }
  }
}
