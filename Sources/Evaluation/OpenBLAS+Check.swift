import CoCaModel
import Tensors

extension OpenBLAS {
  /// - Throws: `ModelError` where the installed library cannot be used.
  public static func check() throws {
    guard serializesThreads else { return }
    throw ModelError(
      "OpenBLAS", .mismatch("its OpenMP variant is selected, which runs one product at a time"),
      remedy: "Select another: update-alternatives --config libopenblas.so.0-x86_64-linux-gnu")
  }
}
