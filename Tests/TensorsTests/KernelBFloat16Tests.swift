import CKernels
import Testing

@Suite("bfloat16 kernels")
struct KernelBFloat16Tests {
  /// To nearest, ties to even, spelt out.
  private func rounded(_ x: Float) -> Float {
    guard x.isFinite else { return x }
    let below = x.bitPattern & 0xffff_0000, rest = x.bitPattern & 0xffff
    let isUp = rest > 0x8000 || (rest == 0x8000 && below & 0x1_0000 != 0)
    return Float(bitPattern: isUp ? below + 0x1_0000 : below)
  }

  private static let odd: [Float] = [
    0, -0.0, 1, 1.00390625, 1.01171875, -1.00390626, .infinity, -.infinity, .nan,
    .greatestFiniteMagnitude, .leastNonzeroMagnitude, 65_535,
    Float(bitPattern: 0x7f80_0001), Float(bitPattern: 0xffff_ffff),
  ]

  @Test("rounding is to nearest, ties to even; NaN stays NaN; back is exact", arguments:
    KernelLevel.all)
  func rounding(level: KernelLevel) {
    for n in [0] + kernelLengths {
      let values = (Self.odd + someFloats(n, seed: 3)).suffix(n).map { $0 }
      let x = GuardedFloats(values), back = GuardedFloats(zeros: n)
      var halves = [UInt16](repeating: 0x1234, count: n + 1)
      level.table.to_bfloat16(x.pointer, &halves, n)
      #expect(halves[n] == 0x1234, "written behind the end")
      level.table.from_bfloat16(halves, back.pointer, n)
      for (found, value) in zip(back.values, values) {
        if value.isNaN {
          #expect(found.isNaN)
        } else {
          #expect(found.bitPattern == rounded(value).bitPattern, "\(value)")
        }
      }
    }
  }

  @Test("adding is in float32", arguments: KernelLevel.all)
  func adding(level: KernelLevel) {
    for n in [0] + kernelLengths {
      let a = someFloats(n, seed: 4), b = someFloats(n, seed: 5)
      let sum = GuardedFloats(b)
      var halves = [UInt16](repeating: 0, count: n)
      level.table.to_bfloat16(a, &halves, n)
      level.table.add_bfloat16(halves, sum.pointer, n)
      #expect(sum.values == zip(a, b).map { rounded($0) + $1 })
    }
  }
}
