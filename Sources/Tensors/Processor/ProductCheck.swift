import CKernels

/// Compares products with a plain loop's, for odd sizes and every layout, with and without `keep`.
///
/// Factors are small whole numbers, exact in bfloat16 too, and their sums are exact in any order:
/// one wrong bit shows a wrong kernel. One product uses the kernels for small matrices, one those
/// for blocks.
public enum ProductCheck {
  /// `into = a · b + keep · into`.
  public typealias Product = (_ a: Matrix, _ b: Matrix, _ into: Matrix, _ keep: Float) -> Void

  private static let shapes = [(19, 77, 35), (131, 389, 67)]

  /// Takes some milliseconds.
  public static func isRight(_ product: Product) -> Bool {
    shapes.allSatisfy { rows, depth, columns in
      let left = wholeNumbers(rows, depth), right = wholeNumbers(depth, columns)
      let plain = Tensor.zeros([rows, columns])
      plain_product(rows, columns, depth, left.pointer, right.pointer, plain.pointer)
      let tall = left.transposed, wide = right.transposed
      return withExtendedLifetime((left, right, tall, wide)) {
        [Matrix(left), Matrix(tall).transposed].allSatisfy { a in
          [Matrix(right), Matrix(wide).transposed].allSatisfy { isRight(product, a, $0, plain) }
        }
      }
    }
  }

  private static func isRight(
    _ product: Product, _ a: Matrix, _ b: Matrix, _ plain: Tensor
  ) -> Bool {
    [(Float(0), Float.nan), (1, 3)].allSatisfy { keep, before in
      let found = Tensor(plain.shape)
      found.fill(before)
      product(a, b, Matrix(found), keep)
      return (0..<plain.count).allSatisfy {
        found.pointer[$0] == plain.pointer[$0] + (keep > 0 ? before : 0)
      }
    }
  }

  /// Whole numbers from -8 to 8, in an irregular order.
  private static func wholeNumbers(_ rows: Int, _ columns: Int) -> Tensor {
    let tensor = Tensor([rows, columns])
    for index in 0..<tensor.count {
      tensor.pointer[index] = Float((index * index + 7 * index) % 23 % 17 - 8)
    }
    return tensor
  }
}

extension Tensor {
  /// A copy with rows and columns exchanged.
  fileprivate var transposed: Tensor {
    let copy = Tensor([width, rows])
    for row in 0..<rows {
      for column in 0..<width { copy.pointer[column * rows + row] = pointer[row * width + column] }
    }
    return copy
  }
}
