import Checkpoints
import CoCaModel
import Foundation
import Text

/// An open_clip model in its files, checked to be complete: configuration, weights and tokenizer.
public struct OpenCLIPSource: Sendable {
  /// What gives the model's shape, where the source itself does not.
  public enum Model: Sendable {
    /// One of open_clip's names that this program knows.
    case named(String)
    case file(URL)
  }

  /// The given folder, or the file's folder.
  public let folder: URL
  /// The file of weights.
  public let place: String
  public let configuration: ModelConfiguration
  public let weights: OpenCLIPWeights
  /// Nil where none was given or found.
  public let tokenizer: (any Tokenizer)?
  /// Notices about what is left out, resized or not found.
  public let notices: [String]
  let stateDict: StateDict

  /// Names of open_clip's CoCa models.
  public static let names = ModelConfiguration.presetNames.filter {
    ModelConfiguration.preset($0)?.layout == .openclip
  }

  /// - Parameters:
  ///   - url: a folder as on Hugging Face's hub, or one file of weights.
  ///   - model: nil: `open_clip_config.json` in the folder, or beside the file.
  ///   - tokenizer: its file; nil: the one in the folder.
  ///   - clsMask: which mask the weights were trained with.
  /// - Throws: `CheckpointError`, `ModelError` or `TextError`, each naming the file.
  public init(
    _ url: URL, model: Model? = nil, tokenizer: URL? = nil,
    clsMask: ModelConfiguration.CLSMask = .legacy
  ) throws {
    let found = try OpenCLIPFolder(url)
    folder = found.url
    place = try found.weights().path
    let read = try Self.configuration(model, folder: found, clsMask: clsMask, place: url.path)
    configuration = read.model
    stateDict = try StateDict(file: place)
    weights = try OpenCLIPWeights(stateDict, for: configuration)
    self.tokenizer = try (tokenizer ?? found.tokenizer).map { try TokenizerFile.open($0) }
    try Self.check(self.tokenizer, for: configuration, place: url.path)
    notices = read.notices + weights.notices
  }

  /// The weights for a model with another image size or text length.
  /// - Throws: as `OpenCLIPWeights.init`.
  public func weights(
    for other: ModelConfiguration
  ) throws(CheckpointError) -> OpenCLIPWeights {
    try OpenCLIPWeights(stateDict, for: other)
  }

  /// Whether a path is a folder with open_clip's configuration.
  public static func isFolder(_ url: URL) -> Bool {
    FileManager.default.fileExists(
      atPath: url.appendingPathComponent(OpenCLIPConfiguration.fileName).path)
  }

  private static func configuration(
    _ model: Model?, folder: OpenCLIPFolder, clsMask: ModelConfiguration.CLSMask, place: String
  ) throws -> OpenCLIPConfiguration {
    switch model {
    case .named(let name): return try OpenCLIPConfiguration(name: name, clsMask: clsMask)
    case .file(let file): return try OpenCLIPConfiguration(file: file, clsMask: clsMask)
    case nil: break
    }
    guard let file = folder.configuration else {
      throw ModelError(
        place, .missing(OpenCLIPConfiguration.fileName),
        remedy: "Give --model: one of \(names.joined(separator: ", ")), or a JSON file")
    }
    return try OpenCLIPConfiguration(file: file, clsMask: clsMask)
  }

  private static func check(
    _ tokenizer: (any Tokenizer)?, for model: ModelConfiguration, place: String
  ) throws(ModelError) {
    let rows = model.text.vocabulary ?? 0
    guard let tokenizer, tokenizer.vocabularySize > rows else { return }
    throw ModelError(
      place,
      .mismatch("the tokenizer has \(tokenizer.vocabularySize) ids, but the model only \(rows)"),
      remedy: "Give the tokenizer that the model was trained with")
  }
}
