import CKernels
import Foundation
import Testing

private func gelu(_ x: Double) -> Double { 0.5 * x * erfc(-x / 2.0.squareRoot()) }

@Suite("GELU")
struct KernelGELUTests {
  // -14 to 14 in steps of 1/256, and what lies far outside.
  static let inputs =
    (-3584...3584).map { Float($0) / 256 } + [-1e30, -100, 100, 1e30, .leastNonzeroMagnitude]

  @Test("the error stays below 1.5e-7 and one rounding", arguments: KernelLevel.all)
  func forward(level: KernelLevel) {
    let x = GuardedFloats(Self.inputs), y = GuardedFloats(zeros: Self.inputs.count)
    level.table.gelu(x.pointer, y.pointer, Self.inputs.count)
    expectClose(
      y.values, doubles(Self.inputs).map(gelu), absolute: 1.5e-7, relative: 1.2e-7)
  }

  @Test("the gradient is that of the forward pass, in place too", arguments: KernelLevel.all)
  func backward(level: KernelLevel) {
    let inputs = Self.inputs.filter { abs($0) < 1000 }
    let upstream = someFloats(inputs.count, seed: 20)
    let expected = zip(doubles(inputs), doubles(upstream)).map { x, dy in
      dy * centralDifferences(at: [x]) { gelu($0[0]) }[0]
    }
    let x = GuardedFloats(inputs), dy = GuardedFloats(upstream)
    let dx = GuardedFloats(zeros: inputs.count)
    level.table.gelu_backward(x.pointer, dy.pointer, dx.pointer, inputs.count)
    expectClose(dx.values, expected, absolute: 1e-6)
    level.table.gelu_backward(x.pointer, dy.pointer, dy.pointer, inputs.count)
    #expect(dy.values == dx.values)
  }

  @Test("an element's bits do not depend on where it lies", arguments: KernelLevel.all)
  func places(level: KernelLevel) {
    for n in kernelLengths {
      let x = GuardedFloats(Array(repeating: -0.7, count: n)), y = GuardedFloats(zeros: n)
      level.table.gelu(x.pointer, y.pointer, n)
      #expect(Set(y.values).count == 1)
    }
  }

  @Test("NaN stays NaN", arguments: KernelLevel.all)
  func notANumber(level: KernelLevel) {
    let x = GuardedFloats([.nan, 1]), y = GuardedFloats([1, 1])
    level.table.gelu_backward(x.pointer, y.pointer, y.pointer, 2)
    #expect(y.values[0].isNaN && y.values[1].isFinite)
    level.table.gelu(x.pointer, y.pointer, 2)
    #expect(y.values[0].isNaN && y.values[1].isFinite)
  }
}
