/// What a product is added to: `keep · matrix + bias`.
package struct Addend {
  /// nil: zeros.
  package let matrix: Matrix?
  package let keep: Float
  /// One number for each column; nil: zeros.
  package let bias: UnsafePointer<Float>?

  package init(_ keep: Float, of result: Matrix) {
    (matrix, self.keep, bias) = (keep == 0 ? nil : result, keep, nil)
  }

  package init(_ matrix: Matrix?, bias: UnsafePointer<Float>?) {
    (self.matrix, keep, self.bias) = (matrix, 1, bias)
  }

  /// Writes all of it into a result but what the result holds itself.
  /// - Returns: the factor of what the result then holds.
  func fill(_ result: Matrix) -> Float {
    if let matrix, matrix.pointer == result.pointer, bias == nil { return keep }
    guard matrix != nil || bias != nil else { return 0 }
    for row in 0..<result.rows {
      let out = result.pointer + row * result.stride
      for column in 0..<result.columns {
        let before = matrix.map { keep * $0.pointer[row * $0.stride + column] } ?? 0
        out[column] = before + (bias?[column] ?? 0)
      }
    }
    return 1
  }
}
