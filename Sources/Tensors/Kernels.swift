import CKernels

/// The row and element-wise kernels for this processor.
public let kernels: CKernels.kernels = kernels_best().pointee

extension CKernels.kernels {
  /// The instruction set they were compiled for: "baseline", "avx2" or "avx512".
  public var level: String { String(cString: name) }
}
