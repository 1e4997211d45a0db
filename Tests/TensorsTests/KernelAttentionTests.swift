import CKernels
import Foundation
import Testing

private struct Softmax {
  var probabilities: [Double] = []
  var lse: [Double] = []

  /// Row i of `scores` sees columns 0 ..< visible + i and 0 ..< prefix.
  init(
    _ scores: [Double], rows: Int, columns: Int, visible: Int, prefix: Int = 0, scale: Double
  ) {
    for r in 0..<rows {
      let seen = min(max(visible + r, prefix, 0), columns)
      let scaled = row(r, of: scores, width: columns).prefix(seen).map { $0 * scale }
      let top = scaled.max().map { $0 == -.infinity ? 0 : $0 } ?? 0
      let total = scaled.map { exp($0 - top) }.reduce(0, +)
      lse.append(top + log(total))
      probabilities += scaled.map { total == 0 ? 0 : exp($0 - top) / total }
      probabilities += Array(repeating: 0, count: columns - seen)
    }
  }
}

/// Rows of `columns` values laid `ld` apart, the gaps filled with a mark.
private func spread(_ values: [Float], columns: Int, ld: Int) -> [Float] {
  var out: [Float] = []
  for (i, value) in values.enumerated() {
    if i > 0, i % columns == 0 { out += Array(repeating: 77, count: ld - columns) }
    out.append(value)
  }
  return out
}

private func gathered(_ values: [Float], columns: Int, ld: Int) -> [Float] {
  for (i, value) in values.enumerated() where i % ld >= columns {
    #expect(value == 77, "written between rows")
  }
  return values.enumerated().filter { $0.offset % ld < columns }.map(\.element)
}

@Suite("Attention kernels")
struct KernelAttentionTests {
  @Test(
    "softmax, probabilities and log-sum-exp, whatever is visible", arguments: KernelLevel.all,
    kernelLengths)
  func softmax(level: KernelLevel, columns: Int) {
    let rows = 5, ld = columns + 3, scale: Float = 0.125
    let values = someFloats(rows * columns, seed: 50, span: 200)
    for (visible, prefix) in [
      (columns, 0), (1, 0), (0, 0), (-2, 0), (columns / 2, 0), (1, 3), (-4, 2), (0, columns + 1),
    ] {
      let expected = Softmax(
        doubles(values), rows: rows, columns: columns, visible: visible, prefix: prefix,
        scale: Double(scale))
      let scores = GuardedFloats(spread(values, columns: columns, ld: ld))
      let lse = GuardedFloats(zeros: rows)
      level.table.attention_softmax(
        scores.pointer, ld, rows, columns, visible, prefix, scale, lse.pointer)
      expectClose(
        gathered(scores.values, columns: columns, ld: ld), expected.probabilities,
        absolute: 1e-30, relative: 5e-6)
      expectClose(lse.values, expected.lse, absolute: 1e-6, relative: 1e-6)

      let again = GuardedFloats(spread(values, columns: columns, ld: ld))
      level.table.attention_probabilities(
        again.pointer, ld, rows, columns, visible, prefix, scale, lse.pointer)
      expectClose(
        gathered(again.values, columns: columns, ld: ld), expected.probabilities,
        absolute: 1e-30, relative: 1e-5)
    }
  }

  @Test("-inf is a mask, a row of nothing else has no probabilities", arguments: KernelLevel.all)
  func masks(level: KernelLevel) {
    for columns in kernelLengths {
      let none = -Float.infinity
      let open = (0..<columns).map { $0 % 3 == 0 ? Float($0 % 5) : none }
      let values = open + Array(repeating: none, count: columns)
      let expected = Softmax(doubles(values), rows: 2, columns: columns, visible: columns, scale: 1)
      let scores = GuardedFloats(values), again = GuardedFloats(values)
      let lse = GuardedFloats(zeros: 2)
      level.table.attention_softmax(
        scores.pointer, columns, 2, columns, columns, 0, 1, lse.pointer)
      level.table.attention_probabilities(
        again.pointer, columns, 2, columns, columns, 0, 1, lse.pointer)
      expectClose(scores.values, expected.probabilities, relative: 1e-6)
      expectClose(again.values, expected.probabilities, relative: 1e-6)
      expectClose(lse.values, expected.lse, absolute: 1e-6)
    }
  }

  @Test("NaN and infinity are not hidden", arguments: KernelLevel.all, [Float.nan, .infinity])
  func notFinite(level: KernelLevel, bad: Float) {
    for columns in kernelLengths {
      for place in [0, columns - 1] {
        var values = Array(repeating: Float(1), count: columns)
        values[place] = bad
        let scores = GuardedFloats(values), lse = GuardedFloats([0])
        level.table.attention_softmax(
          scores.pointer, columns, 1, columns, columns, 0, 1, lse.pointer)
        #expect(scores.values.contains { !$0.isFinite } && !lse.values[0].isFinite)
      }
    }
  }

  @Test("the exponential is good to 2 ulp, and 0 below -87", arguments: KernelLevel.all)
  func exponential(level: KernelLevel) {
    let inputs = stride(from: Float(-86.99), through: 88.7, by: 0.0137).map { $0 }
    let x = GuardedFloats(inputs), zero = GuardedFloats([0])
    level.table.attention_probabilities(
      x.pointer, inputs.count, 1, inputs.count, inputs.count, 0, 1, zero.pointer)
    expectClose(x.values, doubles(inputs).map { exp($0) }, relative: 2 * Double(Float.ulpOfOne))

    let outside: [Float] = [-87.001, -88, -104, -1e30, -.infinity, 88.8, 1e30, .infinity, .nan]
    let y = GuardedFloats(outside)
    level.table.attention_probabilities(y.pointer, 9, 1, 9, 9, 0, 1, zero.pointer)
    #expect(y.values.prefix(5).allSatisfy { $0 == 0 })
    #expect(y.values.suffix(4).allSatisfy { !$0.isFinite })
  }

  @Test("the scores' gradient is that of the softmax", arguments: KernelLevel.all)
  func backward(level: KernelLevel) {
    let scale: Float = 0.5, rows = 3
    for columns in [1, 3, 16, 24, 33] {
      let ld = columns + 2, visible = max(columns - 1, 1)
      let values = someFloats(rows * columns, seed: 51)
      let upstream = someFloats(rows * columns, seed: 52)
      func probabilities(_ scores: [Double]) -> [Double] {
        Softmax(scores, rows: rows, columns: columns, visible: visible, scale: Double(scale))
          .probabilities
      }
      let p = probabilities(doubles(values))
      let delta = (0..<rows).map { r in
        Float(dotProduct(row(r, of: p, width: columns),
                         row(r, of: doubles(upstream), width: columns)))
      }
      let given = GuardedFloats(spread(p.map { Float($0) }, columns: columns, ld: ld))
      let gradient = GuardedFloats(spread(upstream, columns: columns, ld: ld))
      let rowDeltas = GuardedFloats(delta)
      level.table.attention_scores_backward(
        given.pointer, gradient.pointer, ld, rows, columns, scale, rowDeltas.pointer)
      let expected = centralDifferences(at: doubles(values)) {
        dotProduct(probabilities($0), doubles(upstream))
      }
      expectClose(
        gathered(gradient.values, columns: columns, ld: ld), expected, absolute: 1e-6)
    }
  }
}
