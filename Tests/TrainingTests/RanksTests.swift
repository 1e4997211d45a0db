import Foundation
import TestSupport
import Testing

/// One process's run is what all others are compared with.
@Suite("A run does not depend on", .serialized, .enabled(if: Job.hasLauncher))
struct RanksTests {
  private static let alone = Result { try run(ranks: nil) }

  private static func run(
    ranks: Int?, _ more: String = "", _ arguments: [String] = []
  ) throws -> RunResult {
    let world = try TrainingWorld()
    try world.configure(more)
    let outcome = try world.train(arguments, ranks: ranks)
    try #require(outcome.code == 0, "\(outcome.all)")
    return try RunResult(world.folder)
  }

  @Test("the number of ranks: 20 steps with the same keys and losses", arguments: 1...4)
  func ranks(count: Int) throws {
    let alone = try Self.alone.get(), result = try Self.run(ranks: count)
    #expect(result.steps.count == 20)
    #expect(result.keys == alone.keys)
    #expect(result.difference(from: alone) < 1e-4)
    #expect(result.steps.map(\.pairs) == Array(repeating: 12, count: 20))
    #expect(result.steps.map(\.tokens) == alone.steps.map(\.tokens))
    #expect(result.status.state == "done" && result.status.code == 0)
    for step in result.balance {
      #expect(step.ranks == count && (0..<count).contains(step.slowest.rank))
      // No rank's work is more than all of it, and none's waiting is work.
      #expect((1...Double(count)).contains(step.imbalance) && (count > 1 || step.imbalance == 1))
      #expect(step.slowest.seconds > 0)
      let parts = ["data", "forward", "backward", "optimizer"].compactMap { step.seconds[$0] }
      let mean = parts.reduce(0, +)
      #expect(abs(step.slowest.seconds / step.imbalance - mean) < 1e-6 * mean)
    }
  }

  @Test("micro-batches", arguments: [1, 5], [nil, 2])
  func microbatches(size: Int, ranks: Int?) throws {
    let result = try Self.run(ranks: ranks, "microbatch: \(size)")
    #expect(result.keys == (try Self.alone.get().keys))
    #expect(result.difference(from: try Self.alone.get()) < 1e-4)
  }

  @Test("how embeddings come by", arguments: ["", "microbatch: 2"])
  func ring(more: String) throws {
    let result = try Self.run(ranks: 3, "contrastive_exchange: ring\n" + more)
    #expect(result.difference(from: try Self.alone.get()) < 1e-4)
  }

  @Test("the number of threads")
  func threads() throws {
    let result = try Self.run(ranks: nil, "", ["--threads", "3"])
    #expect(result.difference(from: try Self.alone.get()) < 1e-4)
  }

  @Test("the number of ranks with AdamW either, whose losses are others than Adafactor's")
  func adamw() throws {
    let lines = "optimizer: {name: adamw, lr: 2.0e-3}"
    let alone = try Self.run(ranks: nil, lines), three = try Self.run(ranks: 3, lines)
    #expect(three.difference(from: alone) < 1e-4)
    #expect(alone.keys == (try Self.alone.get().keys))
    #expect(alone.difference(from: try Self.alone.get()) > 1e-4)
  }

  @Test("ranks and micro-batches in open_clip's layout", arguments: ["legacy", "correct"])
  func openCLIP(mask: String) throws {
    let layout = [
      "layout=openclip", "poolers=shared", "joint=32", "text.cls_mask=\(mask)",
      "activation=quick_gelu", "image.layer_scale=0.5",
    ].flatMap { ["--set", "model." + $0] }
    let alone = try Self.run(ranks: nil, "", layout)
    for ranks in 2...3 {
      let result = try Self.run(ranks: ranks, ranks == 3 ? "microbatch: 2" : "", layout)
      #expect(result.difference(from: alone) < 1e-4)
    }
    #expect(alone.difference(from: try Self.alone.get()) > 1e-4)
  }

  @Test(
    "when gradients travel, by not a bit: not of a loss, a weight or the optimizer's state",
    arguments: [2, 3], [("", ""), ("microbatch: 2", "recompute: blocks")])
  func overlap(ranks: Int, lines: (String, String)) throws {
    let results = try ["off", "buckets", "thread", "auto"].map { overlap in
      // Enough weights for several buckets.
      try Self.run(
        ranks: ranks, "overlap: \(overlap)\n\(lines.0)\n\(lines.1)",
        ["--set", "model.text.vocabulary=20000"])
    }
    for result in results {
      #expect(result.steps == results[0].steps)
      #expect(!result.checkpoint.isEmpty && result.checkpoint == results[0].checkpoint)
    }
  }

  @Test("sharding the optimizer, by not a bit", arguments: [1, 2, 3])
  func sharding(ranks: Int) throws {
    let plain = try Self.run(ranks: ranks), sharded = try Self.run(ranks: ranks, "shard_optimizer: true")
    #expect(sharded.steps == plain.steps)
    #expect(!plain.checkpoint.isEmpty && sharded.checkpoint == plain.checkpoint)
  }

  @Test("how gradients travel, but for what bfloat16 rounds")
  func halfGradients() throws {
    let plain = try Self.run(ranks: 3)
    let sharded = try Self.run(ranks: 3, "gradient_dtype: bfloat16\nshard_optimizer: true")
    let half = try Self.run(ranks: 3, "gradient_dtype: bfloat16")
    for result in [half, sharded] {
      #expect((1e-7..<2e-2).contains(result.difference(from: plain)))
      #expect(result.keys == plain.keys)
    }
  }

  @Test("what it logs: it learns the pairs it sees")
  func learns() throws {
    let steps = try Self.alone.get().steps
    let first = try #require(steps.first?.loss), last = try #require(steps.last?.loss)
    #expect(last < 0.97 * first, "\(first) to \(last)")
    #expect(steps.map(\.samples_seen) == (1...20).map { $0 * 12 })
    #expect(steps.map(\.step) == Array(1...20))
  }
}
