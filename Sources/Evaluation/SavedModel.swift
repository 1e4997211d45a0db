import Checkpoints
import CoCaModel
import Foundation
import Images
import Pipeline
import Text

/// A model as a checkpoint holds it: weights, configuration and tokenizer.
public struct SavedModel {
  static let configurationFile = "configuration.json"

  public let model: CoCa
  /// Nil where the model was trained only on ready ids.
  public let tokenizer: (any Tokenizer)?

  public init(model: CoCa, tokenizer: (any Tokenizer)?) {
    self.model = model
    self.tokenizer = tokenizer
  }

  /// Reads all of a model, its weights into memory.
  /// - Throws: `CheckpointError`, `TextError` or `ModelError`, each naming the file.
  public init(_ source: ModelSource) throws {
    let shape = try source.configuration()
    let tokenizer = try source.tokenizer()
    self.init(
      model: CoCa(shape, vocabularySize: tokenizer?.vocabularySize ?? 0), tokenizer: tokenizer)
    try checkTokenizer(of: source)
    // Memory is taken only after the files were checked to hold what the configuration claims.
    let weights = try source.weights(for: model)
    model.parameters.allocate(training: false)
    try weights.read()
  }

  private func checkTokenizer(of source: ModelSource) throws {
    guard let tokenizer, tokenizer.vocabularySize > model.vocabularySize else { return }
    throw ModelError(
      source.place,
      .mismatch(
        "its tokenizer makes \(tokenizer.vocabularySize) ids, its model reads "
          + "\(model.vocabularySize)"),
      remedy: "Use a complete checkpoint")
  }

  /// The model's tensors, to be written into a checkpoint.
  public var tensors: [TensorSource] {
    model.parameters.parameters.map {
      TensorSource($0.name, shape: $0.shape, floats: UnsafeBufferPointer($0.value.buffer))
    }
  }

  /// The files that make a checkpoint complete in itself.
  public func attachments() throws -> [String: Data] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let configuration = try encoder.encode(model.configuration)
    return tokenizerFile.merging([Self.configurationFile: configuration]) { $1 }
  }

  /// The tokenizer's file, if there is one.
  public var tokenizerFile: [String: Data] {
    tokenizer.map { [$0.fileName: $0.model] } ?? [:]
  }

  /// Turns texts into the model's input.
  public var text: SampleText {
    SampleText(
      tokenizer: tokenizer, vocabularySize: model.vocabularySize,
      context: model.configuration.text.context)
  }

  func requireTokenizer() throws(ModelError) -> any Tokenizer {
    guard let tokenizer else {
      throw ModelError(
        "the checkpoint", .missing("tokenizer"),
        remedy: "Use a model that has one: this task reads or writes text")
    }
    return tokenizer
  }

  /// Turns pictures into the model's input.
  public var imageTransform: ImageTransform { ImageTransform(model.configuration.image) }
}

extension ImageTransform {
  public init(_ image: ModelConfiguration.Image) {
    let fit: ImageTransform.Fit =
      switch image.fit {
      case .crop: .crop
      case .pad: .pad
      case .squash: .squash
      }
    self.init(
      height: image.size.height, width: image.size.width, fit: fit, resize: image.resize ?? 1,
      mean: image.mean, std: image.std,
      interpolation: image.interpolation == .bicubic ? .bicubic : .bilinear)
  }
}
