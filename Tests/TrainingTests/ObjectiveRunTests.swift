import Foundation
import RunFile
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

  @Test("with the sigmoid loss has a bias that fits the batch, and is another model", arguments: [
    nil, 2,
  ])
  func sigmoid(ranks: Int?) throws {
    let (world, run) = try trained(
      "objective: {preset: contrastive, contrastive: {loss: sigmoid, positives: [class, text]}}",
      ranks: ranks)
    let first = try #require(run.steps.first)
    #expect(abs((first.logit_scale ?? 0) - 10) < 1e-5)
    #expect(abs((first.logit_bias ?? 0) + log(11)) < 1e-5)
    #expect(run.steps.last?.logit_bias != first.logit_bias)
    #expect(try tensors(run).contains("logitBias"))

    let options = ["--set", "objective=contrastive", "--set", "steps=8"]
    let resumed = try world.train(options)
    #expect(resumed.code == 64)
    #expect(resumed.all.contains("it was trained with the sigmoid loss"))

    try world.configure(
      steps: 6, "init: out\nobjective: {preset: contrastive, contrastive: {smoothing: 0.1}}")
    let started = try world.train(output: "second")
    #expect(started.code == 0, "\(started.all)")
    #expect(try RunResult(world.folder, output: "second").steps.first?.logit_bias == nil)
  }

  @Test("refuses options that its losses do not know", arguments: [
    ("{preset: caption, contrastive: {smoothing: 0.1}}", "caption has no such loss to set up"),
    ("{contrastive: {bias: -5}}", "objective.contrastive.bias: the softmax loss has none"),
    ("{contrastive: {loss: sigmoid, smoothing: 0.1}}", "it goes with loss: softmax only"),
    ("{contrastive: {positives: [class, class]}}", "expected pair, or a list of some of class"),
    ("{contrastive: {positives: [name]}}", "expected pair, or a list of some of class"),
    ("{contrastive: {positives: []}}", "expected pair, or a list of some of class"),
  ])
  func options(objective: String, reason: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try parseRun(minimalRun + "\nobjective: \(objective)")
    }
    let text = "\(error.map(String.init(describing:)) ?? "")"
    #expect(text.contains(reason), "\(text)")
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
