import Tensors
import Testing

@Suite("Matrix products")
struct GEMMTests {
  static let sizes = [1, 2, 17, 33]
  static let precisions = GEMM.Precision.allCases.filter(\.isSupported)

  @Test(
    "equal plain loops for every shape, transposition and keep", arguments: precisions, sizes)
  func plain(precision: GEMM.Precision, rows: Int) {
    for (columns, depth) in Self.sizes.flatMap({ size in Self.sizes.map { (size, $0) } }) {
      for (isLeft, isRight) in [(false, false), (false, true), (true, false), (true, true)] {
        for keep in [Float(0), 1, 0.5] {
          let a = matrix(rows, depth, isTransposed: isLeft, "a")
          let b = matrix(depth, columns, isTransposed: isRight, "b")
          compare(a, b, keep: keep, precision)
        }
      }
    }
  }

  @Test(
    "equal plain loops where the team has work to share and beyond a block", arguments: precisions,
    [
      (200, 30, 70), (30, 200, 70), (161, 161, 5), (1, 300, 64), (300, 1, 64), (150, 70, 385),
      (7, 800, 3),
    ])
  func shared(precision: GEMM.Precision, size: (rows: Int, columns: Int, depth: Int)) {
    for (isLeft, isRight) in [(false, false), (false, true), (true, false), (true, true)] {
      let a = matrix(size.rows, size.depth, isTransposed: isLeft, "a")
      let b = matrix(size.depth, size.columns, isTransposed: isRight, "b")
      compare(a, b, keep: 1, precision)
    }
  }

  @Test(
    "an infinity and a NaN come through in bfloat16",
    .enabled(if: GEMM.Precision.bfloat16.isSupported))
  func nonfinite() {
    for value in [Float.infinity, .nan] {
      let a = Tensor([1, value, 3], shape: [1, 3]), b = Tensor([1, 2, 3], shape: [3, 1])
      let c = Tensor([1, 1])
      GEMM.serial(Matrix(a), Matrix(b), into: Matrix(c), .bfloat16)
      #expect(!c.pointer[0].isFinite)
    }
  }

  @Test("views of rows and columns are those of the whole matrix", arguments: [false, true])
  func views(isTransposed: Bool) {
    let whole = matrix(9, 7, isTransposed: isTransposed, "whole")
    let part = whole.view.rows(2..<8).columns(3..<5)
    #expect(part.rows == 6 && part.columns == 2)
    for row in 0..<6 {
      for column in 0..<2 { #expect(part[row, column] == whole.view[row + 2, column + 3]) }
    }
    #expect(part.transposed[1, 4] == part[4, 1])
  }

  @Test("without rows, columns or depth nothing is read, and keep still counts")
  func empty() {
    let a = Tensor.zeros([3, 4]), result = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    GEMM.multiply(
      Matrix(a.pointer, rows: 3, columns: 0, stride: 1), Matrix(a.pointer, rows: 0, columns: 2),
      into: Matrix(result), keep: 1)
    #expect(result.values == [1, 2, 3, 4, 5, 6])
    GEMM.multiply(
      Matrix(a.pointer, rows: 0, columns: 4), Matrix(a.pointer, rows: 4, columns: 2),
      into: Matrix(result.pointer, rows: 0, columns: 2))
    #expect(result.values == [1, 2, 3, 4, 5, 6])
  }

  /// A view of random numbers inside a wider tensor, and what keeps it alive.
  private func matrix(
    _ rows: Int, _ columns: Int, isTransposed: Bool, _ name: String
  ) -> (view: Matrix, owner: Tensor) {
    let stored = isTransposed ? (columns, rows) : (rows, columns)
    let owner = Tensor([stored.0, stored.1 + 3])
    let random = CounterRandom(seed: 1, .text(name))
    for index in 0..<owner.count { owner.pointer[index] = Float(random.normal(UInt64(index))) }
    let view = Matrix(
      owner.pointer + 1, rows: rows, columns: columns, stride: stored.1 + 3,
      isTransposed: isTransposed)
    return (view, owner)
  }

  private func compare(_ a: (view: Matrix, owner: Tensor), _ b: (view: Matrix, owner: Tensor),
    keep: Float, _ precision: GEMM.Precision
  ) {
    let (rows, depth, columns) = (a.view.rows, a.view.columns, b.view.columns)
    let (c, before) = matrix(rows, columns, isTransposed: false, "c")
    let old = before.copy()
    GEMM.multiply(a.view, b.view, into: c, keep: keep, precision)
    var worst = 0.0, untouched = true
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = Double(keep) * Double(old.pointer[1 + row * c.stride + column])
        for k in 0..<depth {
          sum += precision.rounded(a.view[row, k]) * precision.rounded(b.view[k, column])
        }
        worst = max(worst, abs(sum - Double(c[row, column])))
      }
    }
    for index in 0..<before.count where (index + c.stride - 1) % c.stride >= columns {
      untouched = untouched && before.pointer[index] == old.pointer[index]
    }
    #expect(worst < 1e-6 * (4 + Double(depth)), "\(rows) × \(depth) × \(columns), keep \(keep)")
    #expect(untouched, "wrote between the rows")
  }
}

extension GEMM.Precision {
  /// A factor as the product sees it: to nearest, ties to even.
  fileprivate func rounded(_ x: Float) -> Double {
    guard self == .bfloat16 else { return Double(x) }
    let bits = x.bitPattern, half = 0x7fff + (bits >> 16) & 1
    return Double(Float(bitPattern: (bits + half) & 0xffff_0000))
  }
}

extension Matrix {
  fileprivate subscript(row: Int, column: Int) -> Float {
    isTransposed ? pointer[column * stride + row] : pointer[row * stride + column]
  }
}
