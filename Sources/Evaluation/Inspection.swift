import Autograd
import Checkpoints
import CoCaModel
import Foundation
import OpenCLIP
import Records

/// What a checkpoint, an open_clip folder or a file of weights holds, and how that differs from
/// what its configuration needs. Only headers are read.
public struct Inspection {
  public enum Kind: String, Sendable {
    case checkpoint
    case openCLIP = "open_clip"
    /// A file without a configuration beside it.
    case file
  }

  public let kind: Kind
  /// The folder or file.
  public let place: String
  /// Updates done, for a checkpoint.
  public let step: Int?
  /// Nil where there is none or it is refused; `fault` then has the reason.
  public let configuration: ModelConfiguration?
  public let fault: String?
  /// In alphabetical order.
  public let entries: [TensorEntry]
  /// Nil without a configuration.
  public let differences: TensorDifferences?

  /// - Parameter path: a folder of a step, of a run or of open_clip, or a file of weights.
  /// - Throws: `CheckpointError` where no tensors can be read.
  public init(_ path: URL) throws {
    if path.isFolder, !OpenCLIPSource.isFolder(path) {
      try self.init(Checkpoint.open(path, verifying: .sizes))
    } else {
      try self.init(openCLIP: path)
    }
  }

  private init(_ checkpoint: Checkpoint) throws {
    let shape = try SavedModel.configuration(of: checkpoint)
    let rows = try shape.text.vocabulary ?? SavedModel.tokenizer(of: checkpoint)?.vocabularySize
    let model = CoCa(shape, vocabularySize: rows ?? 0)
    self.init(
      .checkpoint, checkpoint.folder.path, step: checkpoint.state.step, shape,
      try checkpoint.model().entries, model.parameters.parameters.map { ($0.name, $0.shape) })
  }

  private init(openCLIP path: URL) throws {
    let folder = try OpenCLIPFolder(path)
    let tensors = try StateDict(file: folder.weights().path)
    guard let file = folder.configuration else {
      self.init(.file, path.path, nil, tensors.entries, nil)
      return
    }
    do {
      let shape = try OpenCLIPConfiguration(file: file, clsMask: .legacy).model
      self.init(
        .openCLIP, path.path, shape, tensors.entries,
        OpenCLIPLayout(shape).tensors.map { ($0.name, $0.shape) })
    } catch let error as ModelError {
      self.init(.openCLIP, path.path, nil, tensors.entries, nil, fault: "\(error)")
    }
  }

  private init(
    _ kind: Kind, _ place: String, step: Int? = nil, _ shape: ModelConfiguration?,
    _ entries: [TensorEntry], _ expected: [(name: String, shape: [Int])]?, fault: String? = nil
  ) {
    self.kind = kind
    self.place = place
    self.step = step
    self.fault = fault
    configuration = shape
    self.entries = entries.sorted { $0.name < $1.name }
    differences = expected.map { TensorDifferences(of: entries, from: $0) }
  }

  /// Numbers in all tensors. The sum may wrap around: a hostile file's tensors may share storage.
  public var parameters: Int { entries.reduce(0) { $0 &+ $1.count } }
  public var bytes: Int { entries.reduce(0) { $0 &+ $1.byteCount } }

  /// How many tensors there are of each element type, by its name.
  public var types: [String: Int] {
    Dictionary(grouping: entries, by: \.type.rawValue).mapValues(\.count)
  }
}
