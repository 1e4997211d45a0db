import Autograd
import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Tensors
import Text

/// A folder with a model, a batch, and a reference's results in float64, as
/// `Tests/ParityTests/Fixtures/truth.py` writes it.
public struct Truth: Sendable {
  public let description: TruthDescription
  /// With the heads that the losses need.
  public let configuration: ModelConfiguration
  /// `[n, 3, height, width]`.
  public let images: Tensor
  public let captions: [[Int32]]
  private let folder: URL
  private let tensors: TensorFiles

  /// - Throws: `CheckpointError`, `ModelError` or `DecodingError` where the folder is incomplete.
  public init(_ folder: URL) throws {
    self.folder = folder
    func json<Value: Decodable>(_ name: String) throws -> Value {
      let data = try Data(contentsOf: folder.appendingPathComponent(name))
      return try JSONDecoder().decode(Value.self, from: data)
    }
    description = try json("case.json")
    captions = description.captions
    tensors = try TensorFiles(file: folder.appendingPathComponent("case.safetensors").path)
    images = try tensors.tensor("images")
    var configuration: ModelConfiguration
    if let mask = description.clsMask {
      let file = folder.appendingPathComponent(OpenCLIPConfiguration.fileName)
      configuration = try OpenCLIPConfiguration(file: file, clsMask: mask).model
    } else {
      configuration = try json("configuration.json")
    }
    configuration.heads = description.terms.heads
    self.configuration = configuration
  }

  /// A model with the folder's weights; those of heads that it lacks are not read.
  public func model(_ configuration: ModelConfiguration) throws -> CoCa {
    let model = CoCa(configuration, vocabularySize: 0)
    model.parameters.allocate(training: true)
    if configuration.layout == .openclip {
      let file = folder.appendingPathComponent("open_clip_model.safetensors")
      try OpenCLIPWeights(TensorFiles(file: file.path), for: configuration).read(into: model)
    } else {
      let file = try TensorFiles(file: folder.appendingPathComponent("model.safetensors").path)
      for parameter in model.parameters.parameters {
        try file.read(parameter.name, shape: parameter.shape, into: parameter.value.buffer)
      }
    }
    return model
  }

  /// Some pairs of the batch.
  public func batch(_ pairs: Range<Int>) -> (Tensor, PackedCaptions) {
    let size = images.count / images.shape[0]
    return (
      images.slice(at: pairs.lowerBound * size, shape: [pairs.count] + images.shape.dropFirst()),
      PackedCaptions(pairs.map { captions[$0] })
    )
  }

  /// The same as a share of the batch.
  func pairs(_ range: Range<Int>) -> Pairs {
    let (images, captions) = batch(range)
    var pairs = Pairs(images, captions)
    pairs.classes = description.classes.map { Array($0[range]) }
    pairs.prefixes = description.prefixes.map { Array($0[range]) }
    return pairs
  }

  public var names: [String] { tensors.entries.map(\.name) }

  /// What is compared, by name: outputs, losses, and each gradient and weight or part of one.
  public var parts: Set<String> { Set(description.errors.keys) }

  public subscript(name: String) -> Tensor {
    get throws { try tensors.tensor(name) }
  }

  /// Compares a tensor, or a part of one, with the truth.
  public func compare(
    _ name: String, _ found: Tensor, _ expected: Tensor, scale: Double? = nil, distance: Double = 0
  ) -> Comparison {
    Comparison(
      name, found, expected, own: description.errors[name] ?? 0, scale: scale, distance: distance)
  }
}
