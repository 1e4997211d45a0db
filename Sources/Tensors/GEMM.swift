import CKernels
import COpenBLAS
import Synchronization

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

/// Matrix products on the calling thread or the team's: by OpenBLAS in float32, by this program's
/// own kernels in bfloat16.
public enum GEMM {
  /// What the factors are rounded to; sums are in float32.
  public enum Precision: String, Sendable, CaseIterable {
    case float32, bfloat16

    /// Whether this processor supports it.
    public var isSupported: Bool { self == .float32 || gemm_bfloat16_supported() != 0 }
  }

  /// The precision of the model's products. Set it once, before the first product, to one that this
  /// processor supports.
  public static var precision: Precision {
    get { isBFloat16.load(ordering: .relaxed) ? .bfloat16 : .float32 }
    set {
      precondition(newValue.isSupported, "\(newValue) on a processor without it")
      isBFloat16.store(newValue == .bfloat16, ordering: .relaxed)
    }
  }
  private static let isBFloat16 = Atomic(false)

  /// `into = a · b + keep · into`, on the calling thread.
  public static func serial(
    _ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float = 0, _ precision: Precision = precision
  ) {
    if isRecording { record(Product(a, b, c, isShared: false, precision)) }
    run(a, b, into: c, keep: keep, precision)
  }

  private static func run(
    _ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float, _ precision: Precision
  ) {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns, "GEMM shapes")
    guard c.rows > 0, c.columns > 0 else { return }
    Profile.product(rows: c.rows, depth: a.columns, columns: c.columns) {
      call(a, b, into: c, keep: keep, precision)
    }
  }

  private static func call(
    _ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float, _ precision: Precision
  ) {
    switch precision {
    case .float32:
      OpenBLAS.start
      cblas_sgemm(
        CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
        b.isTransposed ? CblasTrans : CblasNoTrans, blasint(c.rows), blasint(c.columns),
        blasint(a.columns), 1, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride), keep,
        c.pointer, blasint(c.stride))
    case .bfloat16:
      gemm_bfloat16(
        c.rows, c.columns, a.columns, a.pointer, a.step.row, a.step.column, b.pointer, b.step.row,
        b.step.column, keep, c.pointer, c.stride)
    }
  }

  /// `into = a · b + keep · into`; the result's longer side is divided among the team's threads.
  public static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float = 0, _ precision: Precision = precision
  ) {
    if isRecording { record(Product(a, b, c, isShared: true, precision)) }
    if c.rows >= c.columns {
      Threads.split(c.rows, grain: 16) { rows in
        run(a.rows(rows), b, into: c.rows(rows), keep: keep, precision)
      }
    } else {
      Threads.split(c.columns, grain: 16) { columns in
        run(a, b.columns(columns), into: c.columns(columns), keep: keep, precision)
      }
    }
  }
}

extension Matrix {
  /// Elements from one row to the next, and from one column to the next.
  fileprivate var step: (row: Int, column: Int) { isTransposed ? (1, stride) : (stride, 1) }
}
