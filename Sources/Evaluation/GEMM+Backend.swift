import CoCaModel
import Tensors

extension GEMM {
  /// - Throws: `ModelError` where the OpenBLAS that is installed can't be used.
  public static func checkBackend() throws {
    guard serializesThreads else { return }
    throw ModelError(
      "OpenBLAS", .mismatch("its OpenMP variant is chosen, which runs one product at a time"),
      remedy: "Choose another: update-alternatives --config libopenblas.so.0-x86_64-linux-gnu")
  }
}
