import Tensors
import Testing

@Suite("Matrix products")
struct GEMMTests {
  static let sizes = [1, 2, 17, 33]

  @Test("equal plain loops for every shape, transposition and keep", arguments: sizes, sizes)
  func plain(rows: Int, columns: Int) {
    for depth in Self.sizes {
      for (isLeft, isRight) in [(false, false), (false, true), (true, false), (true, true)] {
        for keep in [Float(0), 1, 0.5] {
          let a = matrix(rows, depth, isTransposed: isLeft, "a")
          let b = matrix(depth, columns, isTransposed: isRight, "b")
          compare(a, b, keep: keep)
        }
      }
    }
  }

  @Test("equal plain loops where the team has work to share", arguments: [
    (200, 30, 70), (30, 200, 70), (161, 161, 5), (1, 300, 64), (300, 1, 64),
  ])
  func shared(rows: Int, columns: Int, depth: Int) {
    let a = matrix(rows, depth, isTransposed: false, "a")
    let b = matrix(depth, columns, isTransposed: true, "b")
    compare(a, b, keep: 1)
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
    keep: Float
  ) {
    let (rows, depth, columns) = (a.view.rows, a.view.columns, b.view.columns)
    let (c, before) = matrix(rows, columns, isTransposed: false, "c")
    let old = before.copy()
    GEMM.multiply(a.view, b.view, into: c, keep: keep)
    var worst = 0.0, untouched = true
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = Double(keep) * Double(old.pointer[1 + row * c.stride + column])
        for k in 0..<depth { sum += Double(a.view[row, k]) * Double(b.view[k, column]) }
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

extension Matrix {
  fileprivate subscript(row: Int, column: Int) -> Float {
    isTransposed ? pointer[column * stride + row] : pointer[row * stride + column]
  }
}
