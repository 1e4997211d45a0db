import COpenBLAS

/// A matrix in somebody's memory, `stride` elements from one stored row to the next; transposed by
/// name only, nothing moves.
public struct Matrix {
  public let pointer: UnsafeMutablePointer<Float>
  public let rows: Int
  public let columns: Int
  public let stride: Int
  public let isTransposed: Bool

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

  public var transposed: Matrix {
    Matrix(pointer, rows: columns, columns: rows, stride: stride, isTransposed: !isTransposed)
  }

  public func rows(_ range: Range<Int>) -> Matrix {
    Matrix(
      pointer + range.lowerBound * (isTransposed ? 1 : stride), rows: range.count,
      columns: columns, stride: stride, isTransposed: isTransposed)
  }

  public func columns(_ range: Range<Int>) -> Matrix { transposed.rows(range).transposed }
}

/// Matrix products by OpenBLAS, one of its threads under each of ours.
public enum GEMM {
  /// Whether OpenBLAS's OpenMP build is installed: it runs one product at a time however many
  /// threads call it.
  public static var serializesThreads: Bool { openblas_get_parallel() == 2 }

  /// Tells OpenBLAS to stay on the calling thread: the threads are ours.
  public static func start() { openblas_set_num_threads(1) }

  /// OpenBLAS's kernel for this processor, such as "Zen".
  public static var core: String { String(cString: openblas_get_corename()) }

  /// `into = a · b + keep · into`, on the calling thread.
  public static func serial(_ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float = 0) {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns, "GEMM shapes")
    guard c.rows > 0, c.columns > 0 else { return }
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
      b.isTransposed ? CblasTrans : CblasNoTrans, blasint(c.rows), blasint(c.columns),
      blasint(a.columns), 1, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride), keep,
      c.pointer, blasint(c.stride))
  }

  /// `into = a · b + keep · into`, the result's longer side cut over the team's threads.
  public static func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float = 0) {
    if c.rows >= c.columns {
      Threads.split(c.rows, grain: 16) { rows in
        serial(a.rows(rows), b, into: c.rows(rows), keep: keep)
      }
    } else {
      Threads.split(c.columns, grain: 16) { columns in
        serial(a, b.columns(columns), into: c.columns(columns), keep: keep)
      }
    }
  }
}
