import Foundation
import Tensors
import TestSupport
import Testing

@Suite("OpenBLAS's kernel in a command")
struct KernelTests {
  private struct Versions: Decodable {
    let blas: String
    let kernels: String

    /// The word before the last: "OpenBLAS 0.3.21 … Cooperlake MAX_THREADS=64".
    var kernel: String { blas.split(separator: " ").dropLast().last.map(String.init) ?? "" }
  }

  private func versions(after prelude: String) throws -> Versions {
    let folder = try TestFolder()
    let outcome = try Job.run(
      "coca-train", ["--version", "--json"], in: folder.url, after: prelude)
    try #require(outcome.code == 0, "\(outcome.all)")
    return try JSONDecoder().decode(Versions.self, from: Data(outcome.output.utf8))
  }

  @Test("has what the processor has, where the user says nothing")
  func chosen() throws {
    let found = try versions(after: "unset OPENBLAS_CORETYPE")
    let needed = try #require(Processor.InstructionSet(rawValue: found.kernels))
    let instructions = KernelChoice.instructions(of: found.kernel)
    #expect(instructions ?? needed >= needed, "\(found.kernel)")
  }

  @Test("is the user's, where the user names one")
  func obeyed() throws {
    #expect(try versions(after: "export OPENBLAS_CORETYPE=Nehalem").kernel == "Nehalem")
  }

  @Test("is not chosen twice: a program that was begun again begins no other")
  func once() throws {
    let found = try versions(after: "export COCA_KERNEL_LIFE=second OPENBLAS_CORETYPE=Prescott")
    #expect(found.kernel == "Prescott")
  }

  @Test("is tried in a process that answers with a number, 0 where there is no such kernel")
  func trial() throws {
    let folder = try TestFolder()
    for (kernel, isThere) in [("Prescott", true), ("NoSuchKernel", false)] {
      let outcome = try Job.run(
        "coca-train", [], in: folder.url,
        after: "export COCA_KERNEL_LIFE=trial OPENBLAS_CORETYPE=\(kernel)")
      let share = try #require(
        Double(outcome.output.trimmingCharacters(in: .newlines)), "\(outcome.all)")
      #expect(outcome.code == 0 && (share > 0) == isThere)
    }
  }

  @Test("comes by a second life with the arguments of the first")
  func same() throws {
    let folder = try TestFolder()
    let outcome = try Job.run(
      "coca-train", ["--no-such-option", "a b"], in: folder.url, after: "unset OPENBLAS_CORETYPE")
    #expect(outcome.code == 64 && outcome.errors.contains("--no-such-option"), "\(outcome.all)")
  }
}
