import Checkpoints
import CoCaModel
import Foundation
import Images
import Pipeline
import Text

/// A model as its checkpoint holds it: weights, configuration and tokenizer.
public struct SavedModel {
  static let configurationFile = "configuration.json"

  public let model: CoCa
  /// Nil where the model was trained on ready ids only.
  public let tokenizer: (any Tokenizer)?

  public init(model: CoCa, tokenizer: (any Tokenizer)?) {
    self.model = model
    self.tokenizer = tokenizer
  }

  /// Reads everything a checkpoint holds of the model; weights are in memory afterwards.
  /// - Parameter training: whether gradients get memory too.
  /// - Throws: `CheckpointError`, `TextError` or `ModelError`, each naming the file.
  public init(_ checkpoint: Checkpoint, training: Bool = false) throws {
    let shape = try Self.configuration(of: checkpoint)
    let tokenizer = try Self.tokenizer(of: checkpoint)
    self.init(
      model: CoCa(shape, vocabularySize: tokenizer?.vocabularySize ?? 0), tokenizer: tokenizer)
    try checkTokenizer(of: checkpoint)
    // What the configuration claims takes no memory before the files are seen to hold it.
    try Self.check(try checkpoint.model(), of: checkpoint, hold: model)
    model.parameters.allocate(training: training)
    try Self.read(checkpoint, into: model)
  }

  public static func configuration(of checkpoint: Checkpoint) throws -> ModelConfiguration {
    let place = checkpoint.folder.appendingPathComponent(configurationFile).path
    guard let data = try checkpoint.attachment(configurationFile) else {
      throw ModelError(
        checkpoint.folder.path, .missing(configurationFile), remedy: "Name a trainer's checkpoint")
    }
    do {
      let shape = try JSONDecoder().decode(ModelConfiguration.self, from: data)
      guard let fault = shape.fault() else { return shape }
      throw ModelError(place, .impossible(fault), remedy: "Use a checkpoint that is whole")
    } catch let error as DecodingError {
      throw ModelError(
        place, .impossible("is no model configuration (\(error))"),
        remedy: "Use a checkpoint that is whole")
    }
  }

  public static func tokenizer(of checkpoint: Checkpoint) throws -> (any Tokenizer)? {
    for name in TokenizerFile.names {
      guard let data = try checkpoint.attachment(name) else { continue }
      let place = checkpoint.folder.appendingPathComponent(name).path
      return try TokenizerFile.tokenizer(data, name: place)
    }
    return nil
  }

  /// Fills a model's weights from a checkpoint of exactly its tensors.
  /// - Throws: `CheckpointError` naming the tensor that is missing or of another shape;
  ///   `ModelError` for one the model has no place for.
  public static func read(_ checkpoint: Checkpoint, into model: CoCa) throws {
    let files = try checkpoint.model()
    try check(files, of: checkpoint, hold: model)
    for parameter in model.parameters.parameters {
      try files.read(parameter.name, shape: parameter.shape, into: parameter.value.buffer)
    }
  }

  private static func check(
    _ files: TensorFiles, of checkpoint: Checkpoint, hold model: CoCa
  ) throws {
    let place = checkpoint.folder.path
    let known = Set(model.parameters.parameters.map(\.name))
    if let extra = files.entries.first(where: { !known.contains($0.name) }) {
      throw ModelError(
        place, .mismatch("holds \(extra.name), which the model does not have"),
        remedy: "Use a checkpoint of this model")
    }
    for parameter in model.parameters.parameters {
      guard let found = files[parameter.name]?.shape else {
        throw CheckpointError(place, .missing("tensor \(parameter.name)"))
      }
      guard found == parameter.shape else {
        let expected = parameter.shape
        throw CheckpointError(
          place, .wrongShape(name: parameter.name, expected: expected, found: found))
      }
    }
  }

  private func checkTokenizer(of checkpoint: Checkpoint) throws {
    guard let tokenizer, tokenizer.vocabularySize > model.vocabularySize else { return }
    throw ModelError(
      checkpoint.folder.path,
      .mismatch(
        "its tokenizer makes \(tokenizer.vocabularySize) ids, its model reads "
          + "\(model.vocabularySize)"),
      remedy: "Use a checkpoint that is whole")
  }

  /// The model's tensors for a checkpoint.
  public var tensors: [TensorSource] {
    model.parameters.parameters.map {
      TensorSource($0.name, shape: $0.shape, floats: UnsafeBufferPointer($0.value.buffer))
    }
  }

  /// The files that make a checkpoint self-contained.
  public func attachments() throws -> [String: Data] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    var files = [Self.configurationFile: try encoder.encode(model.configuration)]
    if let tokenizer { files[tokenizer.fileName] = tokenizer.model }
    return files
  }

  /// How texts become the model's input.
  public var text: SampleText {
    SampleText(
      tokenizer: tokenizer, vocabularySize: model.vocabularySize,
      context: model.configuration.text.context)
  }

  func requireTokenizer() throws(ModelError) -> any Tokenizer {
    guard let tokenizer else {
      throw ModelError(
        "the checkpoint", .missing("tokenizer"),
        remedy: "Use a model that was trained with one: this task reads or writes text")
    }
    return tokenizer
  }

  /// How pictures become the model's input.
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
      height: image.size.height, width: image.size.width, fit: fit, mean: image.mean,
      std: image.std, interpolation: image.interpolation == .bicubic ? .bicubic : .bilinear)
  }
}
