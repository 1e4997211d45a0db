import Checkpoints
import CoCaModel
import Foundation
import JSON
import Testing

/// A checkpoint of the model `tiny`, random and without a tokenizer.
enum TinyCheckpoint {
  static func write(to url: URL, seed: UInt64 = 1) throws {
    let shape = try #require(ModelConfiguration.preset("tiny"))
    let model = CoCa(shape, vocabularySize: 40)
    model.parameters.allocate(training: false)
    model.parameters.initialize(seed: seed)
    try Checkpoint.write(
      CheckpointContents(
        step: 0, seed: 0, version: "0", configuration: .null,
        model: model.parameters.parameters.map {
          TensorSource($0.name, shape: $0.shape, floats: .init($0.value.buffer))
        },
        attachments: ["configuration.json": try JSONEncoder().encode(model.configuration)]),
      to: url)
  }
}
