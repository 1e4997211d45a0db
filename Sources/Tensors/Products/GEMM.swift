import CKernels
import Synchronization

/// Matrix products on the calling thread or the team's, by this program's own kernels; below AVX2
/// by OpenBLAS.
public enum GEMM {
  /// What the factors are rounded to; sums are in float32.
  public enum Precision: String, Sendable, CaseIterable {
    case float32, bfloat16

    /// Whether this processor supports it: bfloat16 from AVX2 up.
    public var isSupported: Bool { self == .float32 || kernel != nil }

    fileprivate var kernel: UnsafePointer<product_kernel>? {
      switch self {
      case .float32: kernels.products
      case .bfloat16: BFloat16Instructions.fastest?.kernel
      }
    }
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

  /// Who makes the model's products.
  public static var maker: String {
    if usesOpenBLAS { return "OpenBLAS \(OpenBLAS.core)" }
    guard precision == .bfloat16, let used = BFloat16Instructions.fastest else {
      return "own products"
    }
    return "own products by \(used.title)"
  }

  static var usesOpenBLAS: Bool { Precision.float32.kernel == nil }

  /// Multiply-adds that are worth being shared among threads: some microseconds of work.
  private static let leastShared = 1 << 18

  /// `into = a · b + keep · into`, on the calling thread.
  public static func serial(
    _ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float = 0, _ precision: Precision = precision
  ) {
    if isRecording { record(Product(a, b, c, isShared: false, precision)) }
    run(a, b, into: c, Addend(keep, of: c), precision, sharing: false)
  }

  /// `into = a · b + keep · into`; the team's threads share the work.
  public static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float = 0, _ precision: Precision = precision
  ) {
    if isRecording { record(Product(a, b, c, isShared: true, precision)) }
    run(a, b, into: c, Addend(keep, of: c), precision, sharing: true)
  }

  /// `into = a · b + addend + bias`; the team's threads share the work.
  /// - Parameter bias: one number for each column, added to every row; nil: zeros.
  public static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, adding addend: Matrix?,
    bias: UnsafePointer<Float>?
  ) {
    if isRecording { record(Product(a, b, c, isShared: true, precision)) }
    run(a, b, into: c, Addend(addend, bias: bias), precision, sharing: true)
  }

  private static func run(
    _ a: Matrix, _ b: Matrix, into c: Matrix, _ addend: Addend, _ precision: Precision,
    sharing: Bool
  ) {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns, "GEMM shapes")
    precondition(!c.isTransposed, "a result is written row by row")
    guard c.rows > 0, c.columns > 0 else { return }
    Profile.count(rows: c.rows, depth: a.columns, columns: c.columns)
    let sharing = sharing && c.rows * c.columns * a.columns >= leastShared
    guard let kernel = precision.kernel else {
      return OpenBLAS.multiply(a, b, into: c, addend, sharing: sharing)
    }
    BlockedProduct(kernel.pointee, a, b, into: c, addend).run(sharing: sharing)
  }
}
