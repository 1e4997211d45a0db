import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("A run with frozen tensors", .serialized, .enabled(if: Job.hasLauncher))
struct FreezeRunTests {
  private static let lines = "freeze: [imageEncoder, unimodal.layers.0]\ncheckpoint: {every: 4}"

  /// A model of four steps in `first`, and what trains it on.
  private func world() throws -> TrainingWorld {
    let world = try TrainingWorld()
    try world.configure(steps: 4)
    let outcome = try world.train(output: "first")
    try #require(outcome.code == 0, "\(outcome.all)")
    try world.configure(steps: 8, "init: first\n" + Self.lines)
    return world
  }

  private func tensors(_ world: TrainingWorld, _ output: String) throws -> TensorFiles {
    let file = world.folder.file("\(output)/checkpoints/latest/model.safetensors")
    return try TensorFiles(file: file.path)
  }

  @Test("changes the others alone, on 2 ranks that share the update as on one")
  func others() throws {
    let world = try world()
    let alone = try world.train()
    #expect(alone.code == 0 && alone.all.contains("of them frozen"), "\(alone.all)")
    let pair = try world.train(["--set", "shard_optimizer=true"], ranks: 2, output: "pair")
    #expect(pair.code == 0, "\(pair.all)")
    let first = try tensors(world, "first"), last = try tensors(world, "out")
    for name in first.entries.map(\.name) {
      let isSame = try first.tensor(name).values == last.tensor(name).values
      let isFrozen = name.hasPrefix("imageEncoder.") || name.hasPrefix("unimodal.layers.0.")
      #expect(isSame == isFrozen, "\(name)")
    }
    let (one, two) = (try RunResult(world.folder), try RunResult(world.folder, output: "pair"))
    #expect(one.difference(from: two) < 1e-4)
    let state = try #require(one.checkpoint.first { $0.key.hasSuffix("state.safetensors") })
    #expect(state.value.range(of: Data("imageEncoder".utf8)) == nil)
  }

  @Test("is resumed bit for bit, with the same tensors frozen only")
  func resumed() throws {
    let world = try world()
    try #require(try world.train().code == 0)
    let whole = try RunResult(world.folder)
    try #require(try world.train(output: "parts").code == 0)
    try world.losesEnd(of: "parts", step: 8)
    let resumed = try world.train(output: "parts")
    #expect(resumed.code == 0 && resumed.all.contains("resumed"), "\(resumed.all)")
    let parts = try RunResult(world.folder, output: "parts")
    #expect(parts.checkpoint == whole.checkpoint && parts.steps == whole.steps)

    let other = try world.train(["--set", "freeze=[unimodal]", "--set", "steps=9"])
    #expect(other.code == 64 && other.all.contains("it was trained with freeze: "))
    #expect(other.all.contains("with init:"))
  }

  @Test("refuses a prefix that matches nothing, and a model with nothing to train")
  func refusals() throws {
    let world = try TrainingWorld()
    func refused(_ freeze: String) throws -> String {
      try world.configure(steps: 4, "freeze: \(freeze)")
      let outcome = try world.train()
      #expect(outcome.code == 64)
      return outcome.all
    }
    let unknown = try refused("[imageEncoder, imageEncodr]")
    #expect(unknown.contains("run.yaml: freeze: "))
    #expect(unknown.contains("found \"imageEncodr\". Give prefixes of this model's tensor names"))
    let all = try refused(
      "[imageEncoder, captionPooler, contrastivePooler, imageProjection, textProjection, unimodal, "
        + "multimodal, vocabularyProjection, logitScale]")
    #expect(all.contains("prefixes that leave a tensor to train"))
  }
}
