import Collectives
import Evaluation
import Foundation
import Records
import Tensors

/// What `coca-train --version --json` prints: the program and what it found on this machine.
public struct Versions: Encodable {
  let version = programVersion
  let mpi = MPILibrary.version
  let mpi_built_for = MPILibrary.builtFor
  let blas = OpenBLAS.version
  let kernels = Tensors.kernels.level
  let precisions = GEMM.Precision.allCases.filter(\.isSupported).map(\.rawValue)
  let host = Ranks.host
  let processors = Binding(.keep).mask

  /// - Throws: an error where a system library cannot be used by this program.
  public init() throws {
    try MPILibrary.check()
    try OpenBLAS.check()
  }

  /// One line.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
