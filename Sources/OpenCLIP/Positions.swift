import Foundation
import Tensors

/// Position embeddings for another image size or text length, as open_clip makes them on loading.
///
/// Computed in double precision, so what differs from open_clip's is its own rounding.
/// - Source: open_clip 3.3.0, `model.py`: `resize_pos_embed`, `resize_text_pos_embed`.
enum Positions {
  /// What one row is made of: rows from `first` on, times weights.
  private struct Taps {
    let first: Int
    let weights: [Double]
  }

  /// The side of a square grid of positions behind the class token's; nil: they are no square.
  static func side(rows: Int) -> Int? {
    guard rows >= 2 else { return nil }
    let side = Int(Double(rows - 1).squareRoot())
    return side * side == rows - 1 ? side : nil
  }

  /// Bicubic, antialiased, of a square grid behind the class token's row.
  /// - Parameter table: `[1 + side · side, width]`.
  /// - Returns: `[1 + height · width, width]`.
  static func resizedGrid(_ table: Tensor, side: Int, height: Int, width: Int) -> Tensor {
    let rows = (0..<height).map { cubic($0, from: side, to: height) }
    let columns = (0..<width).map { cubic($0, from: side, to: width) }
    let result = Tensor([1 + height * width, table.width])
    result.pointer.update(from: table.pointer, count: table.width)
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        let sum = mix(row, column, of: table, side: side)
        let target = result.pointer + (1 + y * width + x) * table.width
        for index in sum.indices { target[index] = Float(sum[index]) }
      }
    }
    return result
  }

  private static func mix(_ row: Taps, _ column: Taps, of table: Tensor, side: Int) -> [Double] {
    var sum = [Double](repeating: 0, count: table.width)
    for (j, rowWeight) in row.weights.enumerated() {
      for (i, columnWeight) in column.weights.enumerated() {
        let source = table.pointer + (1 + (row.first + j) * side + column.first + i) * table.width
        let weight = rowWeight * columnWeight
        for index in sum.indices { sum[index] += weight * Double(source[index]) }
      }
    }
    return sum
  }

  /// Linear, without antialiasing, over all rows: the CLS's row is blended with the others.
  static func resizedLine(_ table: Tensor, rows: Int) -> Tensor {
    let old = table.shape[0], width = table.width
    let result = Tensor([rows, width])
    for row in 0..<rows {
      let center = max((Double(row) + 0.5) * Double(old) / Double(rows) - 0.5, 0)
      let low = Int(center), high = min(low + 1, old - 1), share = center - Double(low)
      for index in 0..<width {
        let (a, b) = (table.pointer[low * width + index], table.pointer[high * width + index])
        result.pointer[row * width + index] = Float(Double(a) * (1 - share) + Double(b) * share)
      }
    }
    return result
  }

  /// The taps of place `index` when `old` places become `new`: Keys' cubic with a = -½, widened
  /// where places become fewer.
  private static func cubic(_ index: Int, from old: Int, to new: Int) -> Taps {
    let scale = Double(old) / Double(new), widening = max(scale, 1)
    let center = (Double(index) + 0.5) * scale
    let first = max(Int((center - 2 * widening + 0.5).rounded(.down)), 0)
    let end = min(Int((center + 2 * widening + 0.5).rounded(.down)), old)
    let weights = (first..<end).map { keys((Double($0) - center + 0.5) / widening) }
    let sum = weights.reduce(0, +)
    return Taps(first: first, weights: weights.map { $0 / sum })
  }

  private static func keys(_ x: Double) -> Double {
    let a = -0.5, x = abs(x)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
