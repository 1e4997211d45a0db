import CoCaModel
import Tensors

/// A model's table of positions, and how it is made from that of another image size or text length.
///
/// Computed in double precision, so differences from open_clip come only from open_clip's rounding.
/// - Source: open_clip 3.3.0, `model.py`: `resize_pos_embed`, `resize_text_pos_embed`.
public struct PositionTable: Sendable {
  private enum Kind {
    /// A grid, after so many rows of tokens that are not patches.
    case grid(tokens: Int, old: ModelConfiguration.Extent?, new: ModelConfiguration.Extent)
    case line
  }

  public let shape: [Int]
  private let kind: Kind

  /// - Parameter old: the model of the other table; nil: that table's grid is square.
  public static func image(
    of model: ModelConfiguration, from old: ModelConfiguration? = nil
  ) -> PositionTable {
    let tokens = model.layout == .openclip ? 1 : 0
    return PositionTable(
      shape: [tokens + model.image.patches, model.image.width],
      kind: .grid(tokens: tokens, old: old?.image.grid, new: model.image.grid))
  }

  public static func text(of model: ModelConfiguration) -> PositionTable {
    let tokens = model.layout == .openclip ? 1 : 0
    return PositionTable(shape: [model.text.context + tokens, model.text.width], kind: .line)
  }

  /// Whether this table can be made from one with another shape.
  public func resizes(_ other: [Int]) -> Bool {
    guard other != shape, other.count == 2, other[1] == shape[1] else { return false }
    switch kind {
    case .grid(let tokens, let old, _): return grid(rows: other[0] - tokens, old) != nil
    case .line: return other[0] >= 1
    }
  }

  /// The change of a table's places, for notices.
  /// - Precondition: a table that `resizes`.
  public func resampling(_ name: String, from other: [Int]) -> BroughtWeights.Resampled {
    guard case .grid(let tokens, let old, let new) = kind,
      let grid = grid(rows: other[0] - tokens, old)
    else { return .init(name: name, from: [other[0]], to: [shape[0]]) }
    return .init(name: name, from: [grid.height, grid.width], to: [new.height, new.width])
  }

  /// - Precondition: a table that `resizes`.
  public func resized(_ other: Tensor) -> Tensor {
    switch kind {
    case .grid(let tokens, let old, let new):
      guard let grid = grid(rows: other.shape[0] - tokens, old) else {
        preconditionFailure("\(other.shape) is no grid")
      }
      return resized(other, from: grid, to: new, tokens: tokens)
    case .line: return resizedLine(other)
    }
  }

  private func grid(
    rows: Int, _ old: ModelConfiguration.Extent?
  ) -> ModelConfiguration.Extent? {
    guard rows >= 1 else { return nil }
    let side = Int(Double(rows).squareRoot())
    let grid = old ?? .init(height: side, width: side)
    return grid.height * grid.width == rows ? grid : nil
  }

  /// What one place is computed from: places from `first` on, times weights.
  private struct Taps {
    let first: Int
    let weights: [Double]
  }

  /// Bicubic and antialiased.
  private func resized(
    _ table: Tensor, from old: ModelConfiguration.Extent, to new: ModelConfiguration.Extent,
    tokens: Int
  ) -> Tensor {
    let rows = (0..<new.height).map { cubic($0, from: old.height, to: new.height) }
    let columns = (0..<new.width).map { cubic($0, from: old.width, to: new.width) }
    let width = table.width, result = Tensor(shape)
    result.pointer.update(from: table.pointer, count: tokens * width)
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        var sum = [Double](repeating: 0, count: width)
        for (j, weight) in row.weights.enumerated() {
          let start = tokens + (row.first + j) * old.width + column.first
          add(column.weights.map { $0 * weight }, of: table.pointer + start * width, to: &sum)
        }
        let target = result.pointer + (tokens + y * new.width + x) * width
        for index in sum.indices { target[index] = Float(sum[index]) }
      }
    }
    return result
  }

  private func add(
    _ weights: [Double], of rows: UnsafePointer<Float>, to sum: inout [Double]
  ) {
    for (row, weight) in weights.enumerated() {
      let source = rows + row * sum.count
      for index in sum.indices { sum[index] += weight * Double(source[index]) }
    }
  }

  /// Linear, without antialiasing, over all rows: a CLS's row is mixed with the others.
  private func resizedLine(_ table: Tensor) -> Tensor {
    let old = table.shape[0], width = table.width, result = Tensor(shape)
    for row in 0..<shape[0] {
      let center = max((Double(row) + 0.5) * Double(old) / Double(shape[0]) - 0.5, 0)
      let low = min(Int(center), old - 1), high = min(low + 1, old - 1)
      let share = center - Double(low)
      for index in 0..<width {
        let (a, b) = (table.pointer[low * width + index], table.pointer[high * width + index])
        result.pointer[row * width + index] = Float(Double(a) * (1 - share) + Double(b) * share)
      }
    }
    return result
  }

  /// The taps of place `index` when `old` places become `new`: Keys' cubic with a = -½, widened
  /// where places become fewer.
  private func cubic(_ index: Int, from old: Int, to new: Int) -> Taps {
    let scale = Double(old) / Double(new), widening = max(scale, 1)
    let center = (Double(index) + 0.5) * scale
    let first = max(Int((center - 2 * widening + 0.5).rounded(.down)), 0)
    let end = min(Int((center + 2 * widening + 0.5).rounded(.down)), old)
    let weights = (first..<end).map { keys((Double($0) - center + 0.5) / widening) }
    let sum = weights.reduce(0, +)
    return Taps(first: first, weights: weights.map { $0 / sum })
  }

  private func keys(_ x: Double) -> Double {
    let a = -0.5, x = abs(x)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}

extension ModelConfiguration.Image {
  /// Patches from top to bottom and from left to right.
  var grid: ModelConfiguration.Extent {
    .init(height: size.height / patch.height, width: size.width / patch.width)
  }
}
