import Autograd
import Checkpoints
import CoCaModel
import Tensors

/// The tensors of an open_clip model, seen to be exactly those that a configuration asks for.
///
/// As open_clip does on loading, positions of another image size or text length are resized, and a
/// logit scale of one element stands for a scalar.
public struct OpenCLIPWeights: Sendable {
  public let layout: OpenCLIPLayout
  /// What is resized, told to the user.
  public private(set) var notices: [String] = []
  private let tensors: any NamedTensors
  private let image: ModelConfiguration.Image

  private static let logitScale = "logit_scale"
  private static let imagePositions = "visual.positional_embedding"
  private static let textPositions = "text.positional_embedding"

  /// - Parameter configuration: of layout `openclip`, with a vocabulary, and without a fault.
  /// - Throws: `CheckpointError` of reason `.differs` with every tensor that is missing, extra or
  ///   of another shape.
  public init(
    _ tensors: any NamedTensors, for configuration: ModelConfiguration
  ) throws(CheckpointError) {
    layout = OpenCLIPLayout(configuration)
    image = configuration.image
    self.tensors = tensors
    var expected: [(name: String, shape: [Int])] = []
    for tensor in layout.tensors {
      let shape = try source(of: tensor)?.shape ?? tensor.shape
      expected.append((tensor.name, shape))
      guard shape != tensor.shape, tensor.name != Self.logitScale else { continue }
      notices.append("\(tensor.name) is resized from \(shape[0]) to \(tensor.shape[0]) positions")
    }
    let differences = TensorDifferences(of: tensors.entries, from: expected)
    guard differences.isEmpty else { throw CheckpointError(tensors.place, .differs(differences)) }
  }

  /// The entry of another shape that a tensor is made from; nil where it must have its own.
  private func source(of tensor: OpenCLIPTensor) throws(CheckpointError) -> TensorEntry? {
    guard let entry = tensors[tensor.name], entry.shape != tensor.shape else { return nil }
    if tensor.name == Self.logitScale { return entry.shape == [1] ? entry : nil }
    guard [Self.imagePositions, Self.textPositions].contains(tensor.name),
      entry.shape.count == 2, entry.shape[1] == tensor.shape[1], entry.shape[0] >= 2
    else { return nil }
    guard tensor.name == Self.textPositions || Positions.side(rows: entry.shape[0]) != nil else {
      throw CheckpointError(
        tensors.place,
        .unsupported(
          "\(tensor.name) has \(entry.shape[0] - 1) patches, which are no square grid to resize",
          remedy: "Give its own image size with --model"))
    }
    return entry
  }

  /// Fills the model's parameters.
  /// - Parameter model: of the configuration that was given, with memory.
  /// - Throws: `CheckpointError` for a tensor that cannot be read as `Float`.
  public func read(into model: CoCa) throws(CheckpointError) {
    let values = model.parameters.lookup(\.value)
    for tensor in layout.tensors { tensor.scatter(try whole(tensor), into: values) }
  }

  private func whole(_ tensor: OpenCLIPTensor) throws(CheckpointError) -> Tensor {
    guard let entry = try source(of: tensor) else {
      return try tensors.tensor(tensor.name, shape: tensor.shape)
    }
    let other = try tensors.tensor(tensor.name)
    switch tensor.name {
    case Self.textPositions: return Positions.resizedLine(other, rows: tensor.shape[0])
    case Self.imagePositions:
      return Positions.resizedGrid(
        other, side: Positions.side(rows: entry.shape[0]) ?? 0,
        height: image.size.height / image.patch.height,
        width: image.size.width / image.patch.width)
    default: return other.reshaped(tensor.shape)
    }
  }
}
