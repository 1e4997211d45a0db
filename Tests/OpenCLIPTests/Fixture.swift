import Checkpoints
import CoCaModel
import Foundation
import JSON
import OpenCLIP
import TestSupport
import Tensors

/// Files beside the tests, and the script that makes them.
enum Fixture {
  static func url(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)")
  }

  static func json(_ name: String) throws -> JSONValue {
    try JSONReader.read(file: url(name).path, limit: 1 << 20)
  }

  /// open_clip's models of the state dicts: a pooler of another width, of the same, and none.
  static func models() throws -> [ModelConfiguration] {
    try (json("state_dicts.json").array ?? []).map {
      try OpenCLIPConfiguration($0, place: "fixture", clsMask: .legacy).model
    }
  }

  /// A model of the first of them, or another, with random weights.
  static func model(_ shape: ModelConfiguration? = nil, seed: UInt64 = 1) throws -> CoCa {
    let model = CoCa(try shape ?? models()[0], vocabularySize: 0)
    model.parameters.allocate(training: false)
    model.parameters.initialize(seed: seed)
    for (index, value) in model.parameters.values.values.enumerated() where value == 0 {
      model.parameters.values.pointer[index] = Float(index % 17)
    }
    return model
  }

  /// All tensors of a model as open_clip has them, in its order.
  static func stateDict(_ model: CoCa) -> [(name: String, tensor: Tensor)] {
    let values = model.parameters.lookup(\.value)
    return OpenCLIPLayout(model.configuration).tensors.map { ($0.name, $0.gather(values)) }
  }

  /// Writes a file as `torch.save` does.
  static func write(_ value: ForgedValue, to file: URL) throws {
    try Data(TorchForge.file(value)).write(to: file)
  }

  static func write(_ configuration: ModelConfiguration, to folder: TestFolder) throws {
    let text = try OpenCLIPConfiguration.json(of: configuration, place: "test").text()
    try folder.write(text, to: OpenCLIPConfiguration.fileName)
  }
}

extension ForgedTensor {
  init(_ tensor: Tensor) { self.init(tensor.values, tensor.shape) }
}
