import CoCaModel
import Collectives
import Evaluation
import Foundation
import Pipeline
import Records
import Tensors
import TestSupport
import Testing
import Text

@Suite("Held-out losses")
struct HeldOutLossTests {
  private let alone = SoloCommunicator()

  @Test("every number of ranks finds the same losses up to rounding", arguments: 1...5)
  func ranks(size: Int) throws {
    let world = try SmallWorld()
    let records = try world.records("set", SmallWorld.samples(11))
    let expected = try Evaluator(saved: SmallWorld.saved(), over: alone, batch: 4)
      .losses(records: [records])
    #expect(expected.pairs == 8 && expected.batch == 4)
    #expect(expected.contrastive > 0 && expected.caption > 0)
    let found = try ThreadRanks.run(size) { ranks in
      try Evaluator(saved: SmallWorld.saved(), over: ranks, batch: 4).losses(records: [records])
    }
    for losses in found {
      #expect(losses.pairs == expected.pairs && losses.targets == expected.targets)
      #expect(abs(losses.contrastive - expected.contrastive) < 1e-5)
      #expect(abs(losses.caption - expected.caption) < 1e-5)
    }
  }

  @Test("batches are weighted by what they hold, and a set below a batch is one batch")
  func batches() throws {
    let world = try SmallWorld()
    let records = try world.records("set", SmallWorld.samples(11))
    func losses(_ batch: Int, limit: Int) throws -> HeldOutLosses {
      try Evaluator(saved: SmallWorld.saved(), over: alone, batch: batch)
        .losses(records: [records], limit: limit)
    }
    let whole = try losses(64, limit: 6)
    #expect(whole.batch == 6 && whole.pairs == 6)
    #expect(try losses(6, limit: 9) == whole)
    // A pair alone is told apart from nothing; the caption's loss knows no batches.
    let single = try losses(1, limit: 6)
    #expect(abs(single.contrastive) < 1e-6)
    #expect(single.targets == whole.targets && abs(single.caption - whole.caption) < 1e-5)
  }

  @Test("ready ids need no tokenizer; captions do, and that is a usage error")
  func tokens() throws {
    let world = try SmallWorld()
    let records = try world.records(
      "set",
      (0..<3).map { number in
        let json = #"{"tokens": [2, \#(number + 5), 7, 3]}"#
        return try SmallWorld.sample(number, [Field(suffix: "json", bytes: Array(json.utf8))])
      })
    let evaluator = Evaluator(saved: try SmallWorld.saved(tokenizer: nil), over: alone)
    #expect(try evaluator.losses(records: [records], text: .tokens).targets == 9)
    #expect(try evaluator.retrieval(records: [records]).texts == 3)
    let error = #expect(throws: PipelineError.self) {
      try evaluator.losses(records: [records], text: .caption)
    }
    #expect(error?.exitCode == ExitCode.usage)
  }
}

extension HeldOutLosses {
  fileprivate var contrastive: Double { self["contrastive"] ?? .nan }
  fileprivate var caption: Double { self["caption"] ?? .nan }
  fileprivate var targets: Int { counts["caption"] ?? 0 }
}
