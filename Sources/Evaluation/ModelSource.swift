import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Text

/// Where a model comes from: a trainer's checkpoint, or open_clip's folder.
public enum ModelSource: Sendable {
  case checkpoint(Checkpoint)
  case openCLIP(OpenCLIPSource)

  /// - Parameters:
  ///   - path: a step's folder, a run's folder (its newest complete checkpoint), or a folder with
  ///     `open_clip_config.json`, whose weights are taken to be trained with the legacy CLS mask.
  ///   - leftOut: told of each newer checkpoint that is not whole.
  /// - Throws: `CheckpointError`, `ModelError` or `TextError`.
  public static func open(
    _ path: URL, verifying: Verification = .checksums,
    leftOut: (CheckpointFolder.LeftOut) -> Void = { _ in }
  ) throws -> ModelSource {
    if OpenCLIPSource.isFolder(path) { return .openCLIP(try OpenCLIPSource(path)) }
    return .checkpoint(try Checkpoint.open(path, verifying: verifying, leftOut: leftOut))
  }

  /// The step's folder or open_clip's.
  public var folder: URL {
    switch self {
    case .checkpoint(let checkpoint): checkpoint.folder
    case .openCLIP(let source): source.folder
    }
  }

  var place: String { folder.path }

  public func configuration() throws -> ModelConfiguration {
    switch self {
    case .checkpoint(let checkpoint): try SavedModel.configuration(of: checkpoint)
    case .openCLIP(let source): source.configuration
    }
  }

  public func tokenizer() throws -> (any Tokenizer)? {
    switch self {
    case .checkpoint(let checkpoint): try SavedModel.tokenizer(of: checkpoint)
    case .openCLIP(let source): source.tokenizer
    }
  }

  /// Weights that have been seen to fit a model, and are read when it has memory.
  public struct Weights {
    public let read: () throws -> Void
  }

  /// - Parameter model: of the source's configuration, or of another image size or text length,
  ///   for which positions are resized. Its parameters need no memory yet. Of heads and sets of
  ///   self-attention weights that only one of both has, nothing is read.
  /// - Throws: `CheckpointError` with every tensor that is missing, extra or of another shape;
  ///   `ModelError` for a model of another layout.
  public func weights(for model: CoCa) throws -> Weights {
    let found = try configuration().layout, wanted = model.configuration.layout
    guard found == wanted else {
      throw ModelError(
        place, .mismatch("its layout is \(found.rawValue), the model's \(wanted.rawValue)"),
        remedy: "Leave out the model, or give one of layout \(found.rawValue)")
    }
    switch self {
    case .checkpoint(let checkpoint):
      let weights = try CheckpointWeights(checkpoint, for: model)
      return Weights { try weights.read() }
    case .openCLIP(let source):
      let weights = try source.weights(for: model.configuration)
      return Weights { try weights.read(into: model) }
    }
  }
}
