import Autograd
import Checkpoints
import CoCaModel
import Tensors

/// The tensors of an open_clip model, checked to be exactly those that a configuration needs.
///
/// As in open_clip, positions of another image size or text length are resized, and a logit scale
/// or bias of one element counts as a scalar.
public struct OpenCLIPWeights: Sendable {
  public let layout: OpenCLIPLayout
  /// Notices about what is resized.
  public private(set) var notices: [String] = []
  private let tensors: any NamedTensors
  private let positions: [String: PositionTable]

  private static let scalars = ["logit_scale", "logit_bias"]

  /// - Parameter configuration: of layout `openclip`, with a vocabulary, and without a fault.
  /// - Throws: `CheckpointError` of reason `.differs` with every tensor that is missing, extra or
  ///   of another shape.
  public init(
    _ tensors: any NamedTensors, for configuration: ModelConfiguration
  ) throws(CheckpointError) {
    layout = OpenCLIPLayout(configuration)
    self.tensors = tensors
    positions = [
      "visual.positional_embedding": .image(of: configuration),
      "text.positional_embedding": .text(of: configuration),
    ]
    var expected: [(name: String, shape: [Int])] = []
    for tensor in layout.tensors {
      let shape = source(of: tensor)?.shape ?? tensor.shape
      expected.append((tensor.name, shape))
      guard shape != tensor.shape, !Self.scalars.contains(tensor.name) else { continue }
      notices.append("\(tensor.name) is resized from \(shape[0]) to \(tensor.shape[0]) positions")
    }
    let differences = TensorDifferences(of: tensors.entries, from: expected)
    guard differences.isEmpty else { throw CheckpointError(tensors.place, .differs(differences)) }
  }

  public var isResized: Bool { !notices.isEmpty }

  /// The entry with another shape from which a tensor is made; nil where shapes must be equal.
  private func source(of tensor: OpenCLIPTensor) -> TensorEntry? {
    guard let entry = tensors[tensor.name], entry.shape != tensor.shape else { return nil }
    if Self.scalars.contains(tensor.name) { return entry.shape == [1] ? entry : nil }
    return positions[tensor.name]?.resizes(entry.shape) == true ? entry : nil
  }

  /// What `read` brings to a model.
  public func brought(to model: CoCa) -> BroughtWeights {
    let names = model.parameters.parameters.map(\.name)
    let read = layout.tensors.filter { Set(names).isSuperset(of: $0.parameters) }
    return BroughtWeights(
      to: names, covered: Set(read.flatMap(\.parameters)),
      leftOver: Set(tensors.entries.map(\.name)).subtracting(read.map(\.name)).sorted(),
      resampled: read.compactMap { tensor in
        source(of: tensor).flatMap {
          positions[tensor.name]?.resampling(tensor.name, from: $0.shape)
        }
      })
  }

  /// Fills the model's parameters.
  /// - Parameter model: made of the given configuration, perhaps without some of its heads; its
  ///   parameters have memory.
  /// - Throws: `CheckpointError` for a tensor that cannot be read as `Float` or is not finite.
  public func read(into model: CoCa) throws(CheckpointError) {
    let values = model.parameters.lookup(\.value)
    let names = Set(model.parameters.parameters.map(\.name))
    for tensor in layout.tensors where names.isSuperset(of: tensor.parameters) {
      tensor.scatter(try whole(tensor), into: values)
    }
  }

  private func whole(_ tensor: OpenCLIPTensor) throws(CheckpointError) -> Tensor {
    let found = try tensors.tensor(tensor.name, shape: source(of: tensor)?.shape ?? tensor.shape)
    try tensors.checkFinite(tensor.name, found)
    if found.shape == tensor.shape { return found }
    return positions[tensor.name]?.resized(found) ?? found.reshaped(tensor.shape)
  }
}
