import Foundation
import TestSupport
import Testing

/// `reproducible: true`: one set of bits, whatever the number of ranks.
@Suite("A reproducible run", .serialized, .enabled(if: Job.hasLauncher))
struct ReproducibilityTests {
  private static let alone = Result { try run(ranks: nil) }

  private static func run(
    ranks: Int?, _ more: String = "", _ arguments: [String] = []
  ) throws -> RunResult {
    let world = try TrainingWorld()
    try world.configure("reproducible: true\nlanes: 8\n" + more)
    let outcome = try world.train(arguments, ranks: ranks)
    try #require(outcome.code == 0, "\(outcome.all)")
    return try RunResult(world.folder)
  }

  private func expectSame(_ found: RunResult) throws {
    let expected = try Self.alone.get()
    #expect(found.steps == expected.steps)
    #expect(!expected.checkpoint.isEmpty && found.checkpoint == expected.checkpoint)
  }

  @Test("has the same losses, norms, weights and state, to the bit, on 1, 2 and 4 ranks", arguments:
    [1, 2, 4])
  func ranks(count: Int) throws {
    try expectSame(try Self.run(ranks: count))
  }

  @Test(
    "so it has with recomputed blocks, tiles of embeddings, a sharded optimizer, moved by a thread")
  func options() throws {
    try expectSame(
      try Self.run(
        ranks: 2,
        "recompute: blocks\ncontrastive_exchange: ring\nshard_optimizer: true\noverlap: thread"))
  }

  @Test("stopped on two ranks and continued on four, it ends with the bits of one")
  func resumed() throws {
    let world = try TrainingWorld()
    try world.configure("reproducible: true\nlanes: 8")
    let first = try world.train(["--time-limit", "00:00:00"], ranks: 2)
    #expect(first.code == 75, "\(first.all)")
    let second = try world.train(ranks: 4)
    #expect(second.code == 0, "\(second.all)")
    try expectSame(try RunResult(world.folder))
  }

  @Test("refuses ranks, lanes and micro-batches that would change bits")
  func refused() throws {
    let world = try TrainingWorld()
    try world.configure("reproducible: true")
    for (ranks, arguments, what) in [
      (3, [], "reproducible: 3 ranks are not a power of two"),
      (nil, ["--set", "lanes=12"], "lanes: expected a power of two"),
      (nil, ["--set", "microbatch=2"], "microbatch: expected null with reproducible: true"),
      (nil, ["--set", "gradient_dtype=bfloat16"], "gradient_dtype: expected float32 with"),
    ] as [(Int?, [String], String)] {
      let outcome = try world.train(arguments, ranks: ranks)
      #expect(outcome.code == 64, "\(outcome.all)")
      #expect(outcome.errors.contains(what), "\(outcome.all)")
    }
  }
}
