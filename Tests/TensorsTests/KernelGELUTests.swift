import CKernels
import Foundation
import Testing

/// GELU and its cheaper form, with what they are measured by.
enum GELUKind: CaseIterable {
  case exact, quick

  func value(_ x: Double) -> Double {
    switch self {
    case .exact: 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .quick: x / (1 + exp(-1.702 * x))
    }
  }

  func forward(_ table: kernels, _ x: GuardedFloats, _ y: GuardedFloats, _ n: Int) {
    (self == .exact ? table.gelu : table.quick_gelu)(x.pointer, y.pointer, n)
  }

  func backward(
    _ table: kernels, _ x: GuardedFloats, _ dy: GuardedFloats, _ dx: GuardedFloats, _ n: Int
  ) {
    (self == .exact ? table.gelu_backward : table.quick_gelu_backward)(
      x.pointer, dy.pointer, dx.pointer, n)
  }
}

@Suite("GELU and QuickGELU")
struct KernelGELUTests {
  // -14 to 14 in steps of 1/256, and what lies far outside.
  static let inputs =
    (-3584...3584).map { Float($0) / 256 } + [-1e30, -100, 100, 1e30, .leastNonzeroMagnitude]

  @Test(
    "the error stays below 1.5e-7 and one rounding", arguments: KernelLevel.all, GELUKind.allCases)
  func forward(level: KernelLevel, kind: GELUKind) {
    let x = GuardedFloats(Self.inputs), y = GuardedFloats(zeros: Self.inputs.count)
    kind.forward(level.table, x, y, Self.inputs.count)
    expectClose(
      y.values, doubles(Self.inputs).map(kind.value), absolute: 1.5e-7,
      relative: kind == .exact ? 1.2e-7 : 2.4e-7)
  }

  @Test(
    "the gradient is that of the forward pass, in place too", arguments: KernelLevel.all,
    GELUKind.allCases)
  func backward(level: KernelLevel, kind: GELUKind) {
    let inputs = Self.inputs.filter { abs($0) < 1000 }
    let upstream = someFloats(inputs.count, seed: 20)
    let expected = zip(doubles(inputs), doubles(upstream)).map { x, dy in
      dy * centralDifferences(at: [x]) { kind.value($0[0]) }[0]
    }
    let x = GuardedFloats(inputs), dy = GuardedFloats(upstream)
    let dx = GuardedFloats(zeros: inputs.count)
    kind.backward(level.table, x, dy, dx, inputs.count)
    expectClose(dx.values, expected, absolute: 1e-6)
    kind.backward(level.table, x, dy, dy, inputs.count)
    #expect(dy.values == dx.values)
  }

  @Test(
    "an element's bits do not depend on where it lies", arguments: KernelLevel.all,
    GELUKind.allCases)
  func places(level: KernelLevel, kind: GELUKind) {
    for n in kernelLengths {
      let x = GuardedFloats(Array(repeating: -0.7, count: n)), y = GuardedFloats(zeros: n)
      kind.forward(level.table, x, y, n)
      #expect(Set(y.values).count == 1)
    }
  }

  @Test("NaN stays NaN", arguments: KernelLevel.all, GELUKind.allCases)
  func notANumber(level: KernelLevel, kind: GELUKind) {
    let x = GuardedFloats([.nan, 1]), y = GuardedFloats([1, 1])
    kind.backward(level.table, x, y, y, 2)
    #expect(y.values[0].isNaN && y.values[1].isFinite)
    kind.forward(level.table, x, y, 2)
    #expect(y.values[0].isNaN && y.values[1].isFinite)
  }
}
