/// A view of a matrix in memory that it does not own; rows are `stride` elements apart. Transposing
/// changes only the view and moves nothing.
public struct Matrix {
  public let pointer: UnsafeMutablePointer<Float>
  public let rows: Int
  public let columns: Int
  public let stride: Int
  public let isTransposed: Bool

  /// - Parameter stride: nil: the matrix is contiguous.
  public init(
    _ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil,
    isTransposed: Bool = false
  ) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? (isTransposed ? rows : columns)
    self.isTransposed = isTransposed
  }

  /// The two-dimensional view `[rows, width]` of a tensor.
  public init(_ tensor: Tensor) {
    self.init(tensor.pointer, rows: tensor.rows, columns: tensor.width)
  }

  /// `[columns, rows]` of the same memory.
  public var transposed: Matrix {
    Matrix(pointer, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
  }

  /// Rows `range` of the same memory.
  public func rows(_ range: Range<Int>) -> Matrix {
    precondition(0 <= range.lowerBound && range.upperBound <= rows, "rows past the end")
    return Matrix(
      pointer + range.lowerBound * (isTransposed ? 1 : stride), rows: range.count,
      columns: columns, stride: stride, isTransposed: isTransposed)
  }

  /// Columns `range` of the same memory.
  public func columns(_ range: Range<Int>) -> Matrix { transposed.rows(range).transposed }
}

extension Matrix {
  /// Elements from one row to the next, and from one column to the next.
  var step: (row: Int, column: Int) { isTransposed ? (1, stride) : (stride, 1) }
}
