import CKernels
import Tensors

/// Operands of one product, each at the end of its memory.
final class ProductTrial {
  let a: Matrix, b: Matrix, c: Matrix
  let addend: Addend
  private let left: GuardedFloats, right: GuardedFloats, out: GuardedFloats, bias: GuardedFloats
  private let keep: Float
  private let hasBias: Bool

  /// - Parameters:
  ///   - layout: its lowest four bits say which factors are transposed and what is added.
  ///   - scale: multiplies the left factor.
  init(_ rows: Int, _ depth: Int, _ columns: Int, layout: Int, scale: Float = 1) {
    left = GuardedFloats(someFloats(rows * depth, seed: 1).map { $0 * scale })
    right = GuardedFloats(someFloats(depth * columns, seed: 2))
    out = GuardedFloats(someFloats(rows * columns, seed: 3))
    bias = GuardedFloats(someFloats(columns, seed: 4))
    a = Matrix(left.pointer, rows: rows, columns: depth, isTransposed: layout & 1 != 0)
    b = Matrix(right.pointer, rows: depth, columns: columns, isTransposed: layout & 2 != 0)
    c = Matrix(out.pointer, rows: rows, columns: columns)
    (keep, hasBias) = (layout & 4 != 0 ? 0.5 : 0, layout & 8 != 0)
    addend = hasBias
      ? Addend(layout & 4 != 0 ? c : nil, bias: bias.pointer) : Addend(keep, of: c)
  }

  /// Multiplies; the next call adds to the same numbers again.
  func result(of kernel: product_kernel, sharing: Bool = false) -> [Float] {
    let before = out.values
    defer { for (index, value) in before.enumerated() { out.pointer[index] = value } }
    BlockedProduct(kernel, a, b, into: c, addend).run(sharing: sharing)
    return out.values
  }

  /// One chain for each block of depth; the addend after the first one.
  /// - Parameter number: what a product reads of a factor's number.
  func plain(_ number: (Float) -> Float = { $0 }) -> [Float] {
    let blocks = max(1, (a.columns + BlockedProduct.depthBlock - 1) / BlockedProduct.depthBlock)
    let length = ((a.columns + blocks - 1) / blocks + 15) / 16 * 16
    return (0..<c.rows * c.columns).map { index in
      let (row, column) = (index / c.columns, index % c.columns)
      var total: Float = 0
      for first in stride(from: 0, to: max(a.columns, 1), by: max(length, 1)) {
        var sum: Float = 0
        for k in first..<min(first + length, a.columns) {
          sum.addProduct(number(a[row, k]), number(b[k, column]))
        }
        total = first == 0 ? with(addend: sum, index, column) : sum + total
      }
      return total
    }
  }

  /// The exact products of rounded factors, and for each the sum of what is added, without signs.
  func exact(_ number: (Float) -> Float) -> [(sum: Double, size: Double)] {
    (0..<c.rows * c.columns).map { index in
      let (row, column) = (index / c.columns, index % c.columns)
      var terms = (0..<a.columns).map {
        Double(number(a[row, $0])) * Double(number(b[$0, column]))
      }
      if addend.matrix != nil { terms.append(Double(addend.keep) * Double(out.pointer[index])) }
      if let bias = addend.bias { terms.append(Double(bias[column])) }
      return (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
    }
  }

  private func with(addend sum: Float, _ index: Int, _ column: Int) -> Float {
    var sum = sum
    if addend.matrix != nil { sum.addProduct(addend.keep, out.pointer[index]) }
    return addend.bias.map { sum + $0[column] } ?? sum
  }
}

extension Matrix {
  fileprivate subscript(row: Int, column: Int) -> Float {
    isTransposed ? pointer[column * stride + row] : pointer[row * stride + column]
  }
}
