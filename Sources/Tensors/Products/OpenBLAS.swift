import COpenBLAS

/// The library that computes float32 products below AVX2, and the judge of this program's own.
public enum OpenBLAS {
  /// `into = a · b + addend`, on the calling thread or the team's. The threads divide the result's
  /// longer side.
  package static func multiply(
    _ a: Matrix, _ b: Matrix, into c: Matrix, _ addend: Addend, sharing: Bool
  ) {
    let keep = addend.fill(c)
    func part(_ a: Matrix, _ b: Matrix, _ c: Matrix) {
      Profile.productTime { multiply(a, b, into: c, keep: keep) }
    }
    guard sharing else { return part(a, b, c) }
    if c.rows >= c.columns {
      Threads.split(c.rows, grain: 16) { part(a.rows($0), b, c.rows($0)) }
    } else {
      Threads.split(c.columns, grain: 16) { part(a, b.columns($0), c.columns($0)) }
    }
  }

  /// `into = a · b + keep · into`, on the calling thread.
  private static func multiply(_ a: Matrix, _ b: Matrix, into c: Matrix, keep: Float) {
    start
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
      b.isTransposed ? CblasTrans : CblasNoTrans, blasint(c.rows), blasint(c.columns),
      blasint(a.columns), 1, a.pointer, blasint(a.stride), b.pointer, blasint(b.stride), keep,
      c.pointer, blasint(c.stride))
  }

  /// Its kernel for this processor, such as "Zen".
  public static var core: String { String(cString: openblas_get_corename()) }

  /// Its version and how it was built.
  public static var version: String { String(cString: openblas_get_config()) }

  /// Whether it is used, and its OpenMP build is installed: that one computes only one product at a
  /// time, however many threads call it.
  public static var serializesThreads: Bool { GEMM.usesOpenBLAS && openblas_get_parallel() == 2 }

  /// Makes it compute on the calling thread only: this program has its own threads.
  private static let start: Void = openblas_set_num_threads(1)
}
