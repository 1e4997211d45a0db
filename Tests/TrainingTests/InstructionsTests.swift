import Foundation
import Tensors
import TestSupport
import Testing

/// Float32 has one set of bits from AVX2 up, for any number of threads.
@Suite(
  "The same training with other instructions and threads",
  .enabled(if: Processor.current.instructions > .baseline))
struct InstructionsTests {
  /// Large enough that products have several tiles, panels and tasks.
  private static let larger = [
    "model.image.size=48", "model.image.width=96", "model.image.mlp=384", "model.text.width=96",
    "model.text.mlp=384", "model.multimodal.mlp=384", "steps=6",
  ]

  private static func run(
    _ instructions: Processor.InstructionSet, threads: Int, _ more: [String] = []
  ) throws -> RunResult {
    let world = try TrainingWorld()
    try world.configure()
    let settings = (larger + more).flatMap { ["--set", $0] }
    let outcome = try world.train(
      ["--threads", "\(threads)"] + settings,
      after: "export COCA_INSTRUCTIONS=\(instructions.rawValue)")
    try #require(outcome.code == 0, "\(outcome.all)")
    return try RunResult(world.folder)
  }

  @Test(
    "has the same losses, norms, weights and state, to the bit",
    arguments: [[], ["optimizer.name=adamw", "recompute=blocks"]])
  func bits(more: [String]) throws {
    let expected = try Self.run(.avx2, threads: 1, more)
    try #require(!expected.checkpoint.isEmpty && expected.steps.count == 6)
    for (instructions, threads) in [
      (Processor.InstructionSet.avx2, 2), (.avx2, 3), (Processor.current.instructions, 1),
      (Processor.current.instructions, 2),
    ] {
      let found = try Self.run(instructions, threads: threads, more)
      let isEqual = found.steps == expected.steps && found.checkpoint == expected.checkpoint
      #expect(isEqual, "\(instructions), \(threads) threads")
    }
  }

  @Test("is told where it goes on with others, and refused where it is to be reproducible")
  func resumed() throws {
    for isReproducible in [false, true] {
      let world = try TrainingWorld()
      try world.configure(isReproducible ? "reproducible: true\nlanes: 8" : "")
      let begun = try world.train(["--time-limit", "00:00:00"])
      try #require(begun.code == 75, "\(begun.all)")
      let resumed = try world.train(after: "export COCA_INSTRUCTIONS=baseline")
      #expect(resumed.code == (isReproducible ? 64 : 0), "\(resumed.all)")
      #expect(resumed.errors.contains("the checkpoint was computed by multiply-adds"))
    }
  }

  @Test("is refused where no instructions have the name")
  func refused() throws {
    let world = try TrainingWorld()
    try world.configure()
    let outcome = try world.train(after: "export COCA_INSTRUCTIONS=avx9")
    #expect(outcome.code == 64 && outcome.errors.contains("called \"avx9\""), "\(outcome.all)")
  }
}
