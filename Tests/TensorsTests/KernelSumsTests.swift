import CKernels
import Testing

@Suite("Sums")
struct KernelSumsTests {
  @Test("double sums are exact to double rounding", arguments: KernelLevel.all)
  func doubleSums(level: KernelLevel) {
    for n in [0] + kernelLengths + [5000] {
      // Large values that cancel: float sums would lose the small ones.
      let a = someFloats(n, seed: 5, span: 1e6), b = someFloats(n, seed: 6)
      let x = GuardedFloats(a), y = GuardedFloats(b)
      let (da, db) = (doubles(a), doubles(b))
      expectSum(level.table.sum(x.pointer, n), of: da)
      expectSum(level.table.sum_of_squares(x.pointer, n), of: da.map { $0 * $0 })
      expectSum(level.table.dot(x.pointer, y.pointer, n), of: zip(da, db).map(*))
    }
  }

  private func expectSum(_ sum: Double, of terms: [Double]) {
    let bound = 2e-16 * Double(terms.count) * terms.map(abs).reduce(0, +)
    #expect(abs(sum - terms.reduce(0, +)) <= bound)
  }

  @Test("double sums have the same bits at every level and every address")
  func sameBits() {
    for n in kernelLengths {
      let a = someFloats(n, seed: 7), b = someFloats(n, seed: 8)
      let results = KernelLevel.all.flatMap { level in
        (0..<5).map { shift in
          let x = GuardedFloats(Array(repeating: 9, count: shift) + a)
          let y = GuardedFloats(b + Array(repeating: 9, count: shift))
          let table = level.table
          return [
            table.sum(x.pointer + shift, n), table.sum_of_squares(x.pointer + shift, n),
            table.dot(x.pointer + shift, y.pointer, n),
          ]
        }
      }
      #expect(results.allSatisfy { $0 == results[0] })
    }
  }

  @Test(
    "column_sums adds rows in order to what is there", arguments: KernelLevel.all,
    [0, 1, 2, 7, 8, 9, 16, 19])
  func columns(level: KernelLevel, rows: Int) {
    for width in kernelLengths {
      let values = someFloats(rows * width, seed: 9), start = someFloats(width, seed: 10)
      let x = GuardedFloats(values), out = GuardedFloats(start)
      level.table.column_sums(x.pointer, out.pointer, rows, width)
      let expected = (0..<width).map { c in
        (0..<rows).reduce(start[c]) { $0 + values[$1 * width + c] }
      }
      #expect(out.values == expected)
    }
  }

  @Test("row_dots multiplies rows of two strides", arguments: KernelLevel.all)
  func rowDots(level: KernelLevel) {
    for width in kernelLengths {
      let lda = width + 2, ldb = width + 5, rows = 3
      let a = someFloats(rows * lda, seed: 11), b = someFloats(rows * ldb, seed: 12)
      let x = GuardedFloats(a), y = GuardedFloats(b), out = GuardedFloats(zeros: rows)
      level.table.row_dots(x.pointer, lda, y.pointer, ldb, out.pointer, rows, width)
      let expected = (0..<rows).map { r in
        (0..<width).reduce(0.0) { $0 + Double(a[r * lda + $1]) * Double(b[r * ldb + $1]) }
      }
      expectClose(out.values, expected, absolute: 1e-5)
    }
  }
}
