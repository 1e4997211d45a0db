import COpenBLAS

/// The library that computes float32 products.
public enum OpenBLAS {
  /// Its kernel for this processor, such as "Zen".
  public static var core: String { String(cString: openblas_get_corename()) }

  /// Its version and how it was built.
  public static var version: String { String(cString: openblas_get_config()) }

  /// Whether its OpenMP build is installed: that one computes only one product at a time, however
  /// many threads call it.
  public static var serializesThreads: Bool { openblas_get_parallel() == 2 }

  /// Whether its products equal those of a plain loop. Takes some milliseconds.
  static var isRight: Bool {
    ProductCheck.isRight { GEMM.serial($0, $1, into: $2, keep: $3, .float32) }
  }

  /// Makes it compute on the calling thread only: this program has its own threads.
  static let start: Void = openblas_set_num_threads(1)
}
