import CoCaModel
import Collectives
import Tensors

/// What `reproducible: true` requires of the ranks, besides lanes that are a power of two.
enum Reproducibility {
  /// Whether the number of a rank's threads changes bits: it does below AVX2.
  static var needsEqualThreads: Bool { Processor.current.instructions == .baseline }

  /// What decides the bits of a step besides lanes and precision. From AVX2 up neither threads nor
  /// the processor do, but for the instructions that multiply in bfloat16.
  static var arithmetic: String {
    guard !needsEqualThreads else {
      return "\(Threads.count) threads, \(kernels.level) kernels, \(GEMM.maker)"
    }
    let instructions = GEMM.precision == .bfloat16 ? BFloat16Instructions.fastest : .multiplyAdds
    return instructions?.title ?? GEMM.maker
  }

  /// Collective.
  /// - Throws: `ModelError` where the bits would depend on how many ranks there are.
  static func check(over ranks: any Communicator) throws {
    let mine = arithmetic
    let all = try ranks.allGather(Array(mine.utf8)).map { String(decoding: $0, as: UTF8.self) }
    try together(ranks) {
      guard ranks.size.nonzeroBitCount == 1 else {
        throw ModelError(
          "reproducible", .impossible("\(ranks.size) ranks are not a power of two"),
          remedy: "Start 1, 2, 4, 8, … ranks")
      }
      if let other = all.firstIndex(where: { $0 != all[0] }) {
        throw ModelError(
          "reproducible", .mismatch("rank 0 has \(all[0]), rank \(other) \(all[other])"),
          remedy: "Give --threads, and hosts with the same kind of processors")
      }
    }
  }
}
