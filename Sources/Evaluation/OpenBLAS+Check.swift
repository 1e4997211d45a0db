import CoCaModel
import Tensors

extension OpenBLAS {
  /// - Throws: `ModelError` where the one that is installed can't be used.
  public static func check() throws {
    guard serializesThreads else { return }
    throw ModelError(
      "OpenBLAS", .mismatch("its OpenMP variant is chosen, which runs one product at a time"),
      remedy: "Choose another: update-alternatives --config libopenblas.so.0-x86_64-linux-gnu")
  }
}
