import CKernels
import Foundation
import Testing

private let epsilon: Float = 1e-5

private func layerNorm(_ x: [Double], gain: [Double], bias: [Double]) -> [Double] {
  let mean = x.reduce(0, +) / Double(x.count)
  let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count)
  let rstd = 1 / (variance + Double(epsilon)).squareRoot()
  return x.indices.map { (x[$0] - mean) * rstd * gain[$0] + bias[$0] }
}

private func unit(_ x: [Double]) -> [Double] {
  let norm = max(dotProduct(x, x).squareRoot(), 1e-12)
  return x.map { $0 / norm }
}

@Suite("LayerNorm")
struct KernelLayerNormTests {
  @Test("the forward pass is the definition", arguments: KernelLevel.all, kernelLengths + [768])
  func forward(level: KernelLevel, width: Int) {
    let rows = 3
    let values = someFloats(rows * width, seed: 30).map { $0 + 5 }
    let gain = someFloats(width, seed: 31), bias = someFloats(width, seed: 32)
    let x = GuardedFloats(values), g = GuardedFloats(gain), b = GuardedFloats(bias)
    let y = GuardedFloats(zeros: rows * width)
    let mean = GuardedFloats(zeros: rows), rstd = GuardedFloats(zeros: rows)
    level.table.layer_norm(
      x.pointer, g.pointer, b.pointer, y.pointer, mean.pointer, rstd.pointer, rows, width, epsilon)
    for r in 0..<rows {
      let input = row(r, of: doubles(values), width: width)
      let expected = layerNorm(input, gain: doubles(gain), bias: doubles(bias))
      expectClose(Array(y.values[r * width..<(r + 1) * width]), expected, absolute: 2e-5)
      let center = input.reduce(0, +) / Double(width)
      let variance = input.map { ($0 - center) * ($0 - center) }.reduce(0, +) / Double(width)
      expectClose([mean.values[r]], [center], relative: 1e-6)
      expectClose(
        [rstd.values[r]], [1 / (variance + Double(epsilon)).squareRoot()], relative: 1e-5)
    }
  }

  @Test(
    "gradients are those of the forward pass, added where asked", arguments: KernelLevel.all,
    [2, 3, 16, 17, 24, 33, 97])
  func backward(level: KernelLevel, width: Int) {
    for rows in [1, 2, 4, 5, 9] {
      let values = someFloats(rows * width, seed: 33), upstream = someFloats(rows * width, seed: 34)
      let gain = someFloats(width, seed: 35), start = someFloats(rows * width, seed: 36)
      let x = GuardedFloats(values), dy = GuardedFloats(upstream), g = GuardedFloats(gain)
      let y = GuardedFloats(zeros: rows * width), dx = GuardedFloats(start)
      let mean = GuardedFloats(zeros: rows), rstd = GuardedFloats(zeros: rows)
      let first = Array(start[..<width])
      let dgain = GuardedFloats(first), dbias = GuardedFloats(first)
      level.table.layer_norm(
        x.pointer, g.pointer, g.pointer, y.pointer, mean.pointer, rstd.pointer, rows, width,
        epsilon)
      level.table.layer_norm_backward(
        x.pointer, g.pointer, mean.pointer, rstd.pointer, dy.pointer, dx.pointer, 1,
        dgain.pointer, dbias.pointer, rows, width)

      let expected = Gradients(
        x: doubles(values), gain: doubles(gain), dy: doubles(upstream), rows: rows)
      expectClose(
        dx.values, zip(expected.x, start).map { $0 + Double($1) }, absolute: 2e-5, relative: 2e-5,
        "dx")
      expectClose(
        dgain.values, zip(expected.gain, first).map { $0 + Double($1) }, absolute: 2e-5, "dgain")
      expectClose(
        dbias.values, zip(expected.bias, first).map { $0 + Double($1) }, absolute: 1e-5, "dbias")

      level.table.layer_norm_backward(
        x.pointer, g.pointer, mean.pointer, rstd.pointer, dy.pointer, dx.pointer, 0,
        dgain.pointer, dbias.pointer, rows, width)
      expectClose(dx.values, expected.x, absolute: 2e-5, relative: 2e-5, "dx alone")
    }
  }

  private struct Gradients {
    var x: [Double] = [], gain: [Double], bias: [Double]

    init(x input: [Double], gain: [Double], dy: [Double], rows: Int) {
      let width = gain.count
      let zeros = Array(repeating: 0.0, count: width)
      func loss(_ x: [Double], _ gain: [Double], _ bias: [Double]) -> Double {
        (0..<rows).reduce(0) { total, r in
          let y = layerNorm(row(r, of: x, width: width), gain: gain, bias: bias)
          return total + dotProduct(y, row(r, of: dy, width: width))
        }
      }
      x = (0..<rows).flatMap { r in
        centralDifferences(at: row(r, of: input, width: width)) {
          dotProduct(layerNorm($0, gain: gain, bias: zeros), row(r, of: dy, width: width))
        }
      }
      self.gain = centralDifferences(at: gain) { loss(input, $0, zeros) }
      bias = centralDifferences(at: zeros) { loss(input, gain, $0) }
    }
  }
}

@Suite("L2 normalisation")
struct KernelL2NormalizeTests {
  @Test("rows get length 1 at any magnitude", arguments: KernelLevel.all, kernelLengths)
  func forward(level: KernelLevel, width: Int) {
    let factors: [Float] = [1, 1e-10, 1e15]
    let values = factors.enumerated().flatMap { r, factor in
      someFloats(width, seed: UInt64(40 + r)).map { $0 * factor }
    }
    let x = GuardedFloats(values), y = GuardedFloats(zeros: values.count)
    let norm = GuardedFloats(zeros: factors.count)
    level.table.l2_normalize(x.pointer, y.pointer, norm.pointer, factors.count, width)
    let rows = factors.indices.map { row($0, of: doubles(values), width: width) }
    expectClose(y.values, rows.flatMap(unit), absolute: 1e-12, relative: 4e-7)
    expectClose(
      norm.values, rows.map { dotProduct($0, $0).squareRoot() }, relative: 1e-6)
  }

  @Test("the gradient is added and matches the forward pass", arguments: KernelLevel.all)
  func backward(level: KernelLevel) {
    for width in kernelLengths {
      let values = someFloats(2 * width, seed: 43), upstream = someFloats(2 * width, seed: 44)
      let start = someFloats(2 * width, seed: 45)
      let x = GuardedFloats(values), dy = GuardedFloats(upstream), dx = GuardedFloats(start)
      let y = GuardedFloats(zeros: 2 * width), norm = GuardedFloats(zeros: 2)
      level.table.l2_normalize(x.pointer, y.pointer, norm.pointer, 2, width)
      level.table.l2_normalize_backward(
        y.pointer, norm.pointer, dy.pointer, dx.pointer, 2, width)
      let gradient = (0..<2).flatMap { r in
        centralDifferences(at: row(r, of: doubles(values), width: width)) {
          dotProduct(unit($0), row(r, of: doubles(upstream), width: width))
        }
      }
      expectClose(
        dx.values, zip(gradient, start).map { $0 + Double($1) }, absolute: 1e-5, relative: 1e-5)
    }
  }

  @Test("below 1e-12 the norm is a constant and all stays finite", arguments: KernelLevel.all)
  func clamped(level: KernelLevel) {
    let width = 5
    for magnitude in [Float(0), 1e-20, 1e-13] {
      let values = Array(repeating: magnitude, count: width)
      let x = GuardedFloats(values), y = GuardedFloats(zeros: width), norm = GuardedFloats([0])
      level.table.l2_normalize(x.pointer, y.pointer, norm.pointer, 1, width)
      #expect(norm.values == [1e-12])
      expectClose(y.values, values.map { Double($0) / 1e-12 }, relative: 1e-6)
      let dy = GuardedFloats([1, -2, 3, 0, 5]), dx = GuardedFloats(zeros: width)
      level.table.l2_normalize_backward(y.pointer, norm.pointer, dy.pointer, dx.pointer, 1, width)
      expectClose(dx.values, [1e12, -2e12, 3e12, 0, 5e12], relative: 1e-6)
    }
  }
}
