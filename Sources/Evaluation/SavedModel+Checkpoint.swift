import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Text

// What a trainer's checkpoint holds of a model.
extension SavedModel {
  public static func configuration(of checkpoint: Checkpoint) throws -> ModelConfiguration {
    let place = checkpoint.folder.appendingPathComponent(configurationFile).path
    guard let data = try checkpoint.attachment(configurationFile) else {
      throw ModelError(
        checkpoint.folder.path, .missing(configurationFile), remedy: "Name a trainer's checkpoint")
    }
    do {
      let shape = try JSONDecoder().decode(ModelConfiguration.self, from: data)
      guard let fault = shape.fault() else { return shape }
      throw ModelError(place, .impossible(fault), remedy: "Use a complete checkpoint")
    } catch let error as DecodingError {
      throw ModelError(
        place, .impossible("is no model configuration (\(error))"),
        remedy: "Use a complete checkpoint")
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
}

/// A checkpoint's weights, checked to be exactly those of a model with the checkpoint's heads and
/// sets of self-attention weights; positions may be those of another image size or text length.
struct CheckpointWeights {
  private let model: CoCa
  private let files: TensorFiles
  private let tables: [String: PositionTable]
  /// Whether the file has the model's classes; the weights of others do not fit.
  private let hasClasses: Bool

  /// - Parameter model: its parameters need no memory yet; its heads and sets of self-attention
  ///   weights may be other ones.
  /// - Throws: `CheckpointError` of reason `.differs` with every tensor that is missing, extra or
  ///   of another shape.
  init(_ checkpoint: Checkpoint, for model: CoCa) throws {
    self.model = model
    files = try checkpoint.model()
    let old = try SavedModel.configuration(of: checkpoint), new = model.configuration
    tables = [
      "imageEncoder.positions": .image(of: new, from: old), "unimodal.positions": .text(of: new),
    ]
    var held = new
    (held.heads, held.attentionSets, held.classes) = (old.heads, old.attentionSets, old.classes)
    if new.heads.ofTexts.isEmpty {
      (held.text, held.multimodal, held.joint) = (old.text, old.multimodal, old.joint)
    }
    hasClasses = old.classes == new.classes
    held.hasLogitBias = old.hasLogitBias
    let whole = CoCa(held, vocabularySize: model.vocabularySize).parameters.parameters
    let expected = whole.map { ($0.name, shape(of: $0.name) ?? $0.shape) }
    let differences = TensorDifferences(of: files.entries, from: expected)
    guard differences.isEmpty else {
      throw CheckpointError(checkpoint.folder.path, .differs(differences))
    }
  }

  /// The shape that position embeddings have in the file where they must be resized.
  private func shape(of name: String) -> [Int]? {
    guard let table = tables[name], let found = files[name]?.shape else { return nil }
    return table.resizes(found) ? found : nil
  }

  private func fits(_ name: String) -> Bool {
    hasClasses || !name.hasPrefix("classProjection.")
  }

  /// What `read` brings to the model.
  var brought: BroughtWeights {
    let names = model.parameters.parameters.map(\.name)
    let held = Set(files.entries.map(\.name).filter(fits))
    return BroughtWeights(
      to: names, covered: held, leftOver: held.subtracting(names).sorted(),
      resampled: names.compactMap { name in
        shape(of: name).flatMap { tables[name]?.resampling(name, from: $0) }
      })
  }

  /// - Throws: `CheckpointError` for a tensor that cannot be read or is not finite.
  func read() throws(CheckpointError) {
    for parameter in model.parameters.parameters
    where files[parameter.name] != nil && fits(parameter.name) {
      if let table = tables[parameter.name], shape(of: parameter.name) != nil {
        let resized = table.resized(try files.tensor(parameter.name))
        parameter.value.pointer.update(from: resized.pointer, count: resized.count)
      } else {
        try files.read(parameter.name, shape: parameter.shape, into: parameter.value.buffer)
      }
      try files.checkFinite(parameter.name, parameter.value)
    }
  }
}
