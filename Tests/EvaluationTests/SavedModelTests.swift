import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Tensors
import TestSupport
import Testing
import Text

@Suite("Saved model")
struct SavedModelTests {
  private func save(
    _ saved: SavedModel, in world: SmallWorld, attachments: [String: Data]? = nil,
    tensors: (TensorSource) -> TensorSource? = { $0 }
  ) throws -> URL {
    let run = world.folder.file(UUID().uuidString)
    let folder = CheckpointFolder(run.appendingPathComponent("checkpoints"))
    _ = try folder.save(
      CheckpointContents(
        step: 1, seed: 0, version: "0", configuration: .null,
        model: saved.tensors.compactMap(tensors),
        attachments: try attachments ?? saved.attachments()),
      keep: nil)
    return run
  }

  @Test("every rank reads the weights that were saved", arguments: 1...3)
  func open(size: Int) throws {
    let world = try SmallWorld()
    let saved = try SmallWorld.saved(tokenizer: nil)
    let run = try save(saved, in: world)
    let expected = saved.model.parameters.values.values
    let found = try ThreadRanks.run(size) { ranks in
      let opened = try SavedModel.open(run, over: ranks)
      return (opened.model.configuration, opened.model.parameters.values.values)
    }
    #expect(found.allSatisfy { $0.0 == saved.model.configuration && $0.1 == expected })
  }

  @Test("a tokenizer of either kind comes back from under its own name")
  func tokenizers() throws {
    var texts = ["a cat", "two cats", "a cat and a dog"].makeIterator()
    let learned = try TokenizerTraining(vocabulary: 280).train { texts.next() }
    let clip = try CLIPTokenizer(model: Data("#version: 0.2\na t</w>\nc at</w>\n".utf8), name: "")
    let world = try SmallWorld()
    for tokenizer: any Tokenizer in [learned.tokenizer, clip] {
      let run = try save(SmallWorld.saved(tokenizer: tokenizer), in: world)
      let found = try #require(try SavedModel.open(run, over: SoloCommunicator()).tokenizer)
      #expect(type(of: found) == type(of: tokenizer))
      #expect(found.model == tokenizer.model)
      #expect(try found.encode("a cat") == tokenizer.encode("a cat"))
      let files = try FileManager.default.contentsOfDirectory(
        atPath: run.appendingPathComponent("checkpoints/latest").path)
      #expect(Set(files).intersection(TokenizerFile.names) == [tokenizer.fileName])
    }
  }

  @Test("another model's weights are refused before memory is taken", arguments: [1, 2])
  func otherShape(size: Int) throws {
    let world = try SmallWorld()
    let saved = try SmallWorld.saved(tokenizer: nil)
    var shape = saved.model.configuration
    (shape.text.width, shape.text.mlp) = (3 << 14, 1 << 16)
    let run = try save(
      saved, in: world, attachments: ["configuration.json": try JSONEncoder().encode(shape)])
    let codes = try ThreadRanks.run(size) { ranks in
      do { _ = try SavedModel.open(run, over: ranks) } catch { return ExitCode.of(error) }
      return ExitCode.done
    }
    #expect(codes == Array(repeating: ExitCode.data, count: size))
  }

  @Test("a checkpoint without a tensor, or without its configuration, says so")
  func missing() throws {
    let world = try SmallWorld()
    let saved = try SmallWorld.saved(tokenizer: nil)
    let run = try save(saved, in: world) { $0.name == "logitScale" ? nil : $0 }
    let error = #expect(throws: CheckpointError.self) {
      try SavedModel.open(run, over: SoloCommunicator())
    }
    #expect(error?.description.contains("lacks logitScale. Check") == true)
    let bare = try save(saved, in: world, attachments: [:])
    let missing = #expect(throws: ModelError.self) {
      try SavedModel.open(bare, over: SoloCommunicator())
    }
    #expect(missing?.reason == .missing("configuration.json"))
  }

  @Test("what is no checkpoint is a usage error")
  func nowhere() throws {
    let error = #expect(throws: CheckpointError.self) {
      try SavedModel.open(URL(fileURLWithPath: "/nowhere"), over: SoloCommunicator())
    }
    #expect(error?.exitCode == ExitCode.usage)
  }
}
