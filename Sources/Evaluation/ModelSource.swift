import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Text

/// What a model is read from: a trainer's checkpoint, or a folder of open_clip's.
public enum ModelSource: Sendable {
  case checkpoint(Checkpoint)
  case openCLIP(OpenCLIPSource)

  /// - Parameters:
  ///   - path: a step's folder, a run's folder (its newest complete checkpoint), or a folder with
  ///     `open_clip_config.json`; that one's weights count as trained with the legacy CLS mask.
  ///   - leftOut: called for each newer checkpoint that is not complete.
  /// - Throws: `CheckpointError`, `ModelError` or `TextError`.
  public static func open(
    _ path: URL, verifying: Verification = .checksums,
    leftOut: (CheckpointFolder.LeftOut) -> Void = { _ in }
  ) throws -> ModelSource {
    if OpenCLIPSource.isFolder(path) { return .openCLIP(try OpenCLIPSource(path)) }
    return .checkpoint(try Checkpoint.open(path, verifying: verifying, leftOut: leftOut))
  }

  /// The folder of the step, or open_clip's.
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

  /// Weights that were checked to fit a model; they are read when the model has memory.
  public struct Weights {
    public let brought: BroughtWeights
    /// Fills the model.
    /// - Throws: `CheckpointError` where a tensor cannot be read, or is not finite.
    public let read: () throws -> Void
  }

  /// - Parameter model: made of the source's configuration, or of one with another image size or
  ///   text length, for which positions are resized. Its parameters need no memory yet. Weights of
  ///   heads, or of sets of self-attention weights, that only one of the two has are not read.
  /// - Throws: `CheckpointError` with every tensor that is missing, extra or of another shape;
  ///   `ModelError` for a model of another layout.
  public func weights(for model: CoCa) throws -> Weights {
    let found = try configuration().layout, wanted = model.configuration.layout
    guard found == wanted else {
      throw ModelError(
        place, .mismatch("its layout is \(found.rawValue), the model's \(wanted.rawValue)"),
        remedy: "Remove model: from the run file, or give one of layout \(found.rawValue)")
    }
    switch self {
    case .checkpoint(let checkpoint):
      let weights = try CheckpointWeights(checkpoint, for: model)
      return Weights(brought: weights.brought) { try weights.read() }
    case .openCLIP(let source):
      let weights = try source.weights(for: model.configuration)
      return Weights(brought: weights.brought(to: model)) { try weights.read(into: model) }
    }
  }
}
