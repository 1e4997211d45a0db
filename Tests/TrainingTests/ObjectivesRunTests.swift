import Foundation
import TestSupport
import Testing

/// Runs of every objective but the paper's and its halves.
@Suite("A run of an objective", .serialized, .enabled(if: Job.hasLauncher))
struct ObjectivesRunTests {
  static let objectives = [
    "prefix", "two-pass", "{preset: coca, caption: {prefix: random, smoothing: 0.1}}",
    "{preset: classification, classification: {classes: classes.txt, labels: labels}}",
  ]

  private func world(_ objective: String, steps: Int = 12, _ more: String = "") throws
    -> TrainingWorld
  {
    let world = try TrainingWorld()
    try world.folder.write(
      TrainingWorld.colours.joined(separator: "\n") + "\n", to: "classes.txt")
    try world.configure(steps: steps, "objective: \(objective)\ncheckpoint: {every: 6}\n" + more)
    guard objective.contains("classification") else { return world }
    let file = try String(decoding: world.folder.data("run.yaml"), as: UTF8.self)
    try world.folder.write(
      file.replacing("tokenizer: tokenizer.model\n", with: "")
        .replacing("  - {records: records/photos, weight: 2, text: caption}\n", with: ""),
      to: "run.yaml")
    return world
  }

  @Test("ends with the same losses on 2 ranks as on one", arguments: objectives)
  func ranks(objective: String) throws {
    let world = try world(objective)
    let alone = try world.train()
    try #require(alone.code == 0, "\(alone.all)")
    let pair = try world.train(ranks: 2, output: "pair")
    try #require(pair.code == 0, "\(pair.all)")
    let (one, two) = (try RunResult(world.folder), try RunResult(world.folder, output: "pair"))
    #expect(one.steps.count == 12 && two.steps.count == 12)
    for (a, b) in zip(one.steps, two.steps) {
      let (a, b) = (try #require(a.loss), try #require(b.loss))
      #expect(abs(a - b) <= 1e-4 * abs(b))
    }
  }

  @Test("goes on bit for bit, and has the same bits on 1 and 2 ranks", arguments: objectives)
  func resumed(objective: String) throws {
    let world = try world(objective, "reproducible: true")
    try #require(try world.train().code == 0)
    let whole = try RunResult(world.folder)
    try #require(try world.train(ranks: 2, output: "parts").code == 0)
    #expect(try RunResult(world.folder, output: "parts").checkpoint == whole.checkpoint)
    try world.losesEnd(of: "parts", step: 12)
    let outcome = try world.train(output: "parts")
    #expect(outcome.code == 0 && outcome.all.contains("resumed"), "\(outcome.all)")
    let parts = try RunResult(world.folder, output: "parts")
    #expect(parts.checkpoint == whole.checkpoint && parts.steps == whole.steps)
  }

  @Test("takes what fits of another objective's model, and is not gone on with under another")
  func others() throws {
    let world = try world("two-pass", steps: 6)
    try #require(try world.train().code == 0)
    let other = try world.train(["--set", "objective=coca", "--set", "steps=8"])
    #expect(other.code == 64)
    #expect(other.all.contains("it was trained with the two-pass reading of texts"))

    let classification = ["--set", "init=out", "--set", "objective=\(Self.objectives[3])",
      "--set", "data=[{records: records/icons}]"]
    let started = try world.train(classification, output: "classes")
    #expect(started.code == 0, "\(started.all)")
    #expect(started.all.contains("init: classification: "))
    #expect(started.all.contains("init: contrastive and caption: "))

    let back = try world.train(["--set", "init=classes"], output: "back")
    #expect(back.code == 0, "\(back.all)")
  }

  @Test("refuses classes that the data lack, before the first step")
  func refusals() throws {
    let world = try world(
      "{preset: classification, classification: {classes: classes.txt}}", steps: 6)
    let lacking = try world.train()
    #expect(lacking.code == 65)
    #expect(lacking.all.contains("its samples have no classes: no class (KEY.cls)"))
    #expect(!world.folder.exists("out/metrics.jsonl"))
    let unnamed = try world.train(["--set", "objective=classification"])
    #expect(unnamed.code == 64 && unnamed.all.contains("{classes: FILE}"))
    let useless = try world.train(
      ["--set", "objective={preset: contrastive, caption: {smoothing: 0.1}}"])
    #expect(useless.code == 64 && useless.all.contains("contrastive has no such loss"))
    let weightless = try world.train([
      "--set", "objective=prefix", "--set", "loss={caption: 0}",
      "--set", "tokenizer=tokenizer.model",
    ])
    #expect(weightless.code == 64 && weightless.all.contains("all weights are 0"))
  }
}
