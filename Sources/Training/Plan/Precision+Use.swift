import CoCaModel
import Collectives
import Tensors

extension GEMM.Precision {
  /// Makes this the precision of the model's matrix products.
  /// - Throws: `ModelError` on a processor that lacks it.
  func use() throws(ModelError) {
    guard isSupported else {
      throw ModelError(
        "precision", .impossible("\(Ranks.host)'s processor has no \(rawValue) products"),
        remedy: "Set precision: float32, or run on processors with AVX2")
    }
    GEMM.precision = self
  }
}
