import CKernels
import Testing

@Suite("Optimiser kernels")
struct KernelOptimizerTests {
  private let scale: Float = 0.25
  private let lr: Float = 0.01
  private let decay: Float = 0.1
  private let beta1: Float = 0.9
  private let beta2: Float = 0.99

  @Test("AdamW's step is the formula", arguments: KernelLevel.all, kernelLengths)
  func adamw(level: KernelLevel, n: Int) {
    let (g, m, p) = (someFloats(n, seed: 70), someFloats(n, seed: 71), someFloats(n, seed: 72))
    let v = someFloats(n, seed: 73).map { $0 * $0 }
    let (correction1, correction2, epsilon): (Float, Float, Float) = (0.19, 0.0199, 1e-8)
    let gradients = GuardedFloats(g), weights = GuardedFloats(p)
    let first = GuardedFloats(m), second = GuardedFloats(v)
    level.table.adamw(
      weights.pointer, gradients.pointer, first.pointer, second.pointer, n, scale, lr,
      beta1, beta2, correction1, correction2, epsilon, decay)

    let (b1, b2) = (Double(beta1), Double(beta2))
    let gradient = g.map { Double($0 * scale) }
    let newM = zip(m, gradient).map { b1 * Double($0) + (1 - b1) * $1 }
    let newV = zip(v, gradient).map { b2 * Double($0) + (1 - b2) * $1 * $1 }
    let newP = p.indices.map { i in
      let root = (newV[i] / Double(correction2)).squareRoot()
      let update = newM[i] / Double(correction1) / (root + Double(epsilon))
      return Double(p[i]) - Double(lr) * (update + Double(decay) * Double(p[i]))
    }
    expectClose(first.values, newM, absolute: 1e-6)
    expectClose(second.values, newV, absolute: 1e-6)
    expectClose(weights.values, newP, absolute: 1e-6, relative: 1e-6)
  }

  @Test("AdamW without gradient or history only decays", arguments: KernelLevel.all)
  func adamwAtRest(level: KernelLevel) {
    let weights = GuardedFloats([1, -2, 4]), zeros = GuardedFloats(zeros: 3)
    let first = GuardedFloats(zeros: 3), second = GuardedFloats(zeros: 3)
    level.table.adamw(
      weights.pointer, zeros.pointer, first.pointer, second.pointer, 3, 1, 0.5, 0.9, 0.999, 0.1,
      0.001, 1e-8, 0.5)
    expectClose(weights.values, [0.75, -1.5, 3], relative: 1e-6)
  }

  @Test(
    "Adafactor's moments: the row's mean, and the columns' sums", arguments: KernelLevel.all,
    kernelLengths)
  func moments(level: KernelLevel, n: Int) {
    let g = someFloats(n, seed: 74), start = someFloats(n, seed: 75)
    let gradients = GuardedFloats(g)
    for epsilon in [Float(1e-30), 0.5] {
      let columns = GuardedFloats(start)
      let mean = level.table.adafactor_row_moments(
        gradients.pointer, n, scale, epsilon, columns.pointer)
      let moments = g.map { Double($0 * scale) * Double($0 * scale) + Double(epsilon) }
      let expected = moments.reduce(0, +) / Double(n)
      #expect(abs(mean - expected) <= 1e-6 * expected)
      expectClose(columns.values, zip(start, moments).map { Double($0) + $1 }, absolute: 1e-6)
    }
  }

  @Test("a zero gradient leaves epsilon as the moment", arguments: KernelLevel.all)
  func zeroGradient(level: KernelLevel) {
    let zeros = GuardedFloats(zeros: 17), columns = GuardedFloats(zeros: 17)
    let mean = level.table.adafactor_row_moments(zeros.pointer, 17, 1, 1e-30, columns.pointer)
    #expect(abs(mean - 1e-30) < 1e-36)
    #expect(columns.values.allSatisfy { $0 == 1e-30 })
  }

  @Test("Adafactor's factored step is the formula", arguments: KernelLevel.all, kernelLengths)
  func rowUpdate(level: KernelLevel, n: Int) {
    let (g, m, p) = (someFloats(n, seed: 76), someFloats(n, seed: 77), someFloats(n, seed: 78))
    let columnFactor = someFloats(n, seed: 79).map(abs), rowFactor: Float = 3
    let gradients = GuardedFloats(g), columns = GuardedFloats(columnFactor)
    let weights = GuardedFloats(p), first = GuardedFloats(m)
    level.table.adafactor_row_update(
      weights.pointer, gradients.pointer, first.pointer, n, scale, rowFactor,
      columns.pointer, beta1, lr, decay)
    let updates = g.indices.map { Double(g[$0] * scale * rowFactor * columnFactor[$0]) }
    expectStep(weights, first, p: p, m: m, updates: updates)
  }

  @Test("Adafactor's plain step is the formula", arguments: KernelLevel.all, kernelLengths)
  func update(level: KernelLevel, n: Int) {
    let (g, m, p) = (someFloats(n, seed: 80), someFloats(n, seed: 81), someFloats(n, seed: 82))
    let v = someFloats(n, seed: 83).map { $0 * $0 }
    let gradients = GuardedFloats(g), weights = GuardedFloats(p)
    let first = GuardedFloats(m), second = GuardedFloats(v)
    level.table.adafactor_update(
      weights.pointer, gradients.pointer, first.pointer, second.pointer, n, scale, beta1,
      beta2, 1e-3, lr, decay)
    let gradient = g.map { Double($0 * scale) }
    let newV = zip(v, gradient).map {
      Double(beta2) * Double($0) + (1 - Double(beta2)) * ($1 * $1 + 1e-3)
    }
    expectClose(second.values, newV, absolute: 1e-6)
    expectStep(
      weights, first, p: p, m: m, updates: zip(gradient, newV).map { $0 / $1.squareRoot() })
  }

  private func expectStep(
    _ weights: GuardedFloats, _ first: GuardedFloats, p: [Float], m: [Float], updates: [Double]
  ) {
    let newM = zip(m, updates).map { Double(beta1) * Double($0) + (1 - Double(beta1)) * $1 }
    let newP = zip(p, newM).map { Double($0) - Double(lr) * ($1 + Double(decay) * Double($0)) }
    expectClose(first.values, newM, absolute: 1e-6, relative: 1e-6)
    expectClose(weights.values, newP, absolute: 1e-6, relative: 1e-6)
  }
}
