import CKernels
import Glibc

extension GEMM {
  /// Ensures that products are right on this processor. Takes some milliseconds.
  /// - Throws: `ProductError` where they are wrong, or where COCA_INSTRUCTIONS names no instructions.
  public static func check() throws(ProductError) {
    if kernels_highest() < 0, let asked = getenv("COCA_INSTRUCTIONS") {
      throw .unknownInstructions(String(cString: asked))
    }
    for precision in Precision.allCases where precision.isSupported {
      guard ProductCheck.isRight({ serial($0, $1, into: $2, keep: $3, precision) }) else {
        throw .wrongProducts(precision)
      }
    }
  }
}

/// Why this program does not multiply here.
public enum ProductError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Products differ from a plain loop's.
  case wrongProducts(GEMM.Precision)
  case unknownInstructions(String)

  public var description: String {
    switch self {
    case .wrongProducts(let precision):
      "products: in \(precision.rawValue) they are wrong on \(Processor.current.name) "
        + "(\(kernels.level), \(GEMM.maker)). Set COCA_INSTRUCTIONS="
        + "\(Processor.current.instructions == .avx512 ? "avx2" : "baseline") and report it"
    case .unknownInstructions(let name):
      "COCA_INSTRUCTIONS: no instructions are called \"\(name)\". Set "
        + Processor.InstructionSet.allCases.map(\.rawValue).joined(separator: ", ") + ", or unset it"
    }
  }
}
