import CKernels
import Testing

/// Every kernel of the table, with arguments of its own.
@Suite("Row kernels")
struct KernelLevelsTests {
  private static let fused = KernelLevel.all.filter { $0.index >= KERNELS_AVX2 }

  @Test(
    "have the same bits from AVX2 up", .enabled(if: fused.count > 1),
    arguments: kernelCalls.indices)
  func bits(index: Int) {
    let call = kernelCalls[index]
    for width in kernelLengths {
      let results = Self.fused.map { level in
        let numbers = Numbers(width: width)
        call.run(level.table, numbers)
        return numbers.bits
      }
      let areEqual = results.allSatisfy { $0 == results[0] }
      #expect(areEqual && results[0] != Numbers(width: width).bits, "\(call.name), width \(width)")
    }
  }
}

/// Three rows of some width in eight arrays, and vectors beside them.
private final class Numbers {
  static let rows = 3
  let width: Int
  let count: Int
  let arrays: [UnsafeMutablePointer<Float>]
  let slopes: UnsafeMutablePointer<Double>
  let halves: UnsafeMutablePointer<UInt16>
  /// What a kernel returned.
  var returned = 0.0

  init(width: Int) {
    (self.width, count) = (width, Self.rows * width)
    let room = count + 64
    arrays = (0..<8).map { index in
      let pointer = UnsafeMutablePointer<Float>.allocate(capacity: room)
      for (at, value) in someFloats(room, seed: UInt64(index + 1)).enumerated() {
        pointer[at] = value
      }
      return pointer
    }
    slopes = .allocate(capacity: room)
    slopes.initialize(repeating: 0.25, count: room)
    halves = .allocate(capacity: room)
    for at in 0..<room { halves[at] = UInt16(truncatingIfNeeded: 0x3f00 + at * 7) }
  }

  deinit {
    arrays.forEach { $0.deallocate() }
    slopes.deallocate()
    halves.deallocate()
  }

  subscript(index: Int) -> UnsafeMutablePointer<Float> { arrays[index] }

  /// An array's numbers made positive.
  func positive(_ index: Int) -> UnsafeMutablePointer<Float> {
    for at in 0..<count + 64 { arrays[index][at] = abs(arrays[index][at]) + 0.125 }
    return arrays[index]
  }

  var bits: [UInt64] {
    arrays.flatMap { array in (0..<count + 64).map { UInt64(array[$0].bitPattern) } }
      + (0..<count).map { slopes[$0].bitPattern } + (0..<count).map { UInt64(halves[$0]) }
      + [returned.bitPattern]
  }
}

private struct KernelCall: Sendable {
  let name: String
  let run: @Sendable (kernels, Numbers) -> Void

  init(_ name: String, _ run: @escaping @Sendable (kernels, Numbers) -> Void) {
    (self.name, self.run) = (name, run)
  }
}

private let rows = Numbers.rows

private let kernelCalls: [KernelCall] = elementwiseCalls + sumCalls + normCalls + lossCalls
  + updateCalls

private let elementwiseCalls = [
  KernelCall("add") { $0.add($1[0], $1[1], $1[2], $1.count) },
  KernelCall("accumulate") { $0.accumulate($1[0], $1[1], $1.count) },
  KernelCall("scale") { $0.scale(1.7, $1[0], $1.count) },
  KernelCall("add_bias") { $0.add_bias($1[0], $1[1], $1[2], rows, $1.width) },
  KernelCall("add_scaled") { $0.add_scaled($1[0], $1[1], $1[2], $1[3], rows, $1.width) },
  KernelCall("add_scaled_backward") {
    $0.add_scaled_backward($1[0], $1[1], $1[2], $1[3], $1[4], rows, $1.width)
  },
  KernelCall("gelu") { $0.gelu($1[0], $1[1], $1.count) },
  KernelCall("gelu_backward") { $0.gelu_backward($1[0], $1[1], $1[2], $1.count) },
  KernelCall("quick_gelu") { $0.quick_gelu($1[0], $1[1], $1.count) },
  KernelCall("quick_gelu_backward") { $0.quick_gelu_backward($1[0], $1[1], $1[2], $1.count) },
  KernelCall("extract_patches") { $0.extract_patches($1[0], $1[1], 1, rows, $1.width, 1, 1) },
  KernelCall("to_bfloat16") { $0.to_bfloat16($1[0], $1.halves, $1.count) },
  KernelCall("from_bfloat16") { $0.from_bfloat16($1.halves, $1[0], $1.count) },
  KernelCall("add_bfloat16") { $0.add_bfloat16($1.halves, $1[0], $1.count) },
]

private let sumCalls = [
  KernelCall("column_sums") { $0.column_sums($1[0], $1[1], rows, $1.width) },
  KernelCall("sum") { $1.returned = $0.sum($1[0], $1.count) },
  KernelCall("sum_of_squares") { $1.returned = $0.sum_of_squares($1[0], $1.count) },
  KernelCall("dot") { $1.returned = $0.dot($1[0], $1[1], $1.count) },
  KernelCall("row_dots") {
    $0.row_dots($1[0], $1.width, $1[1], $1.width, $1[2], rows, $1.width)
  },
]

private let normCalls = [
  KernelCall("layer_norm") {
    $0.layer_norm($1[0], $1[1], $1[2], $1[3], $1[4], $1[5], rows, $1.width, 1e-5)
  },
  KernelCall("layer_norm_backward") { table, x in
    table.layer_norm_backward(
      x[0], x[1], x[2], x.positive(3), x[4], x[5], 1, x[6], x[7], rows, x.width)
  },
  KernelCall("l2_normalize") { $0.l2_normalize($1[0], $1[1], $1[2], rows, $1.width) },
  KernelCall("l2_normalize_backward") {
    $0.l2_normalize_backward($1[0], $1.positive(1), $1[2], $1[3], rows, $1.width)
  },
]

private let lossCalls = [
  KernelCall("attention_softmax") {
    $0.attention_softmax($1[0], $1.width, rows, $1.width, $1.width, 0, 0.7, $1[1])
  },
  KernelCall("attention_probabilities") {
    $0.attention_probabilities($1[0], $1.width, rows, $1.width, $1.width, 0, 0.7, $1[1])
  },
  KernelCall("attention_scores_backward") {
    $0.attention_scores_backward($1[0], $1[1], $1.width, rows, $1.width, 0.7, $1[2])
  },
  KernelCall("log_sum_exp_update") {
    $0.log_sum_exp_update($1[0], $1.width, rows, $1.width, 1.3, $1[1], $1.positive(2))
  },
  KernelCall("softmax_from_sums") {
    $0.softmax_from_sums($1[0], $1.width, rows, $1.width, 1.3, $1[1], $1.positive(2), 0.6)
  },
  KernelCall("contrastive_gradient") { table, x in
    table.contrastive_gradient(
      x[0], x.width, rows, x.width, 1.3, x[1], x.positive(2), x[3], x.positive(4), x[5], 0.5, 0.4,
      x.slopes)
  },
]

private let updateCalls = [
  KernelCall("adamw") {
    $0.adamw(
      $1[0], $1[1], $1[2], $1.positive(3), $1.count, 0.9, 1e-2, 0.9, 0.99, 0.3, 0.2, 1e-8, 0.1)
  },
  KernelCall("adafactor_row_moments") {
    $1.returned = $0.adafactor_row_moments($1[0], $1.count, 0.9, 1e-3, $1[1])
  },
  KernelCall("adafactor_row_update") {
    $0.adafactor_row_update($1[0], $1[1], $1[2], $1.count, 0.9, 0.8, $1[3], 0.9, 1e-2, 0.1)
  },
  KernelCall("adafactor_update") {
    $0.adafactor_update(
      $1[0], $1[1], $1[2], $1.positive(3), $1.count, 0.9, 0.9, 0.99, 1e-3, 1e-2, 0.1)
  },
]
