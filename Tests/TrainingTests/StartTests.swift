import Foundation
import TestSupport
import Testing

@Suite("What a run starts from", .serialized)
struct StartTests {
  private struct Header: Decodable {
    struct Start: Decodable {
      struct Tensors: Decodable {
        struct Resampled: Decodable, Equatable {
          let name: String
          let from: [Int]
          let to: [Int]
        }
        let loaded: Int
        let missing: [String]
        let left_over: [String]
        let resampled: [Resampled]
      }
      struct Tokenizer: Decodable {
        let file: String?
        let pieces: Int
      }
      let weights: String
      let folder: String?
      let tensors: Tensors?
      let tokenizer: Tokenizer?
    }
    let tensors: Int
    let start: Start
  }

  private func header(_ world: TrainingWorld, _ output: String) throws -> Header {
    try JSONDecoder().decode(Header.self, from: world.folder.data("\(output)/header.json"))
  }

  @Test("a run from scratch says so, and names its tokenizer")
  func scratch() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 1)
    let outcome = try world.train()
    #expect(outcome.output.contains("start     from scratch"), "\(outcome.all)")
    #expect(outcome.output.contains("/tokenizer.model, 292 pieces"), "\(outcome.all)")
    let start = try header(world, "out").start
    #expect(start.weights == "scratch" && start.folder == nil && start.tensors == nil)
    #expect(start.tokenizer?.pieces == 292)
  }

  @Test("init is told with its tensors, positions of another size and the tokenizer it brings")
  func initial() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 1)
    #expect(try world.train(output: "first").code == 0)
    try world.configure(
      steps: 1, "init: first", replacing: "tokenizer: tokenizer.model",
      by: "objective: contrastive")
    let outcome = try world.train(["--set", "model.image.size=24"])
    #expect(outcome.code == 0, "\(outcome.all)")
    let found = try header(world, "out"), tensors = try #require(found.start.tensors)
    #expect(found.start.weights == "init" && tensors.loaded == found.tensors)
    #expect(tensors.missing.isEmpty && tensors.left_over.contains("vocabularyProjection"))
    #expect(
      tensors.resampled == [.init(name: "imageEncoder.positions", from: [2, 2], to: [3, 3])])
    #expect(found.start.tokenizer?.file == nil)
    for text in [
      "first/checkpoints/step-00000001", "\(tensors.loaded) tensors loaded; ", " left over (",
      "imageEncoder.positions is resampled from 2 × 2 to 3 × 3", "tokenizer of init, 292 pieces",
    ] {
      #expect(outcome.output.contains(text), "\(text): \(outcome.all)")
    }
  }

  @Test("a resumed run says which checkpoint it goes on from, with all tensors")
  func resumed() throws {
    let world = try TrainingWorld()
    try world.configure(steps: 3)
    #expect(try world.train(["--time-limit", "00:00:00"]).code == 75)
    let outcome = try world.train()
    let found = try header(world, "out")
    #expect(found.start.weights == "checkpoint" && found.start.tensors?.loaded == found.tensors)
    #expect(outcome.output.contains("resumed   from "), "\(outcome.all)")
    #expect(outcome.output.contains("\(found.tensors) tensors loaded\n"), "\(outcome.all)")
  }
}
