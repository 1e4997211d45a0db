import Foundation
import TestSupport
import Testing

@Suite("A run of one loss", .serialized, .enabled(if: Job.hasLauncher))
struct ObjectiveRunTests {
  private func trained(
    _ lines: String, ranks: Int? = nil
  ) throws -> (world: TrainingWorld, result: RunResult) {
    let world = try TrainingWorld()
    try world.configure(steps: 6, lines)
    let outcome = try world.train(ranks: ranks)
    try #require(outcome.code == 0, "\(outcome.all)")
    return (world, try RunResult(world.folder))
  }

  private func tensors(_ result: RunResult) throws -> String {
    let file = try #require(result.checkpoint.first { $0.key.hasSuffix("model.safetensors") })
    let header = file.value.dropFirst(8).prefix { $0 != 0 }
    return String(decoding: header.prefix(20_000), as: UTF8.self)
  }

  @Test("has no weights of the other's head, and null for what it lacks", arguments: [nil, 2])
  func parts(ranks: Int?) throws {
    let (_, contrastive) = try trained("objective: contrastive", ranks: ranks)
    #expect(contrastive.steps.count == 6)
    #expect(
      contrastive.steps.allSatisfy {
        $0.caption == nil && $0.contrastive == $0.loss && $0.logit_scale != nil
      })
    let names = try tensors(contrastive)
    #expect(names.contains("textProjection") && !names.contains("multimodal"))

    let (_, caption) = try trained("objective: caption", ranks: ranks)
    #expect(
      caption.steps.allSatisfy {
        $0.contrastive == nil && $0.caption == $0.loss && $0.logit_scale == nil
      })
    #expect(try !tensors(caption).contains("textProjection"))
  }

  @Test("is asked for by a weight of 0 too, to the bit")
  func weight() throws {
    let (_, named) = try trained("objective: contrastive")
    let (_, weighed) = try trained("loss: {caption: 0}")
    #expect(weighed.steps == named.steps)
    #expect(
      weighed.checkpoint.first { $0.key.hasSuffix("model.safetensors") }?.value
        == named.checkpoint.first { $0.key.hasSuffix("model.safetensors") }?.value)
  }

  @Test("is not gone on with under another objective; init takes what fits")
  func others() throws {
    let (world, _) = try trained("objective: contrastive")
    let resumed = try world.train(["--set", "objective=coca", "--set", "steps=8"])
    #expect(resumed.code == 64)
    #expect(resumed.all.contains("it was trained with the contrastive head"))
    #expect(resumed.all.contains("with init:"))

    try world.configure(steps: 6, "init: out")
    let started = try world.train(output: "second")
    #expect(started.code == 0, "\(started.all)")
    #expect(started.all.contains("init: caption: "))
    #expect(started.all.contains("its weights start at random"))

    try world.configure(steps: 6, "init: second\nobjective: caption")
    let part = try world.train(output: "third")
    #expect(part.code == 0, "\(part.all)")
    #expect(part.all.contains("init: contrastive: "))
  }

  @Test("refuses weights of losses that it lacks, and validation that its model cannot do")
  func refusals() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 6, "objective: contrastive\nloss: {caption: 1}")
    let weighed = try world.train()
    #expect(weighed.code == 64)
    #expect(
      weighed.all.contains("loss.caption: objective: contrastive has no such loss to weigh"))

    try world.configure(
      steps: 6,
      "objective: contrastive\nvalidation: {sets: [{records: records/photos, task: caption}]}")
    let asked = try world.train()
    #expect(asked.code == 64)
    #expect(asked.all.contains("has no caption head; task caption needs it"))
  }
}
