import Checkpoints

/// The tensors of one file of weights, by their names in open_clip's model: safetensors, or a file
/// of `torch.save` with the state dict itself or with a training checkpoint that contains one.
///
/// The prefix `module.`, which training on several processes adds to every name, is removed.
public struct StateDict: NamedTensors {
  /// For torch's files in the file's order, which is that of the model's parameters.
  public let entries: [TensorEntry]
  public var place: String { tensors.place }
  /// The training checkpoint that contains the tensors; nil where there is none.
  let checkpoint: (file: PyTorchFile, root: PickleValue)?
  private let tensors: any NamedTensors
  private let prefix: String

  private static let wrapper = "module."

  /// - Throws: `CheckpointError` for a file that cannot be read, breaks its format, or holds more
  ///   than tensors and plain containers.
  public init(file path: String) throws(CheckpointError) {
    if try PyTorchFile.isOne(path) {
      let file = try PyTorchFile(path: path)
      let state = file.root["state_dict"]
      checkpoint = state == nil ? nil : (file, file.root)
      guard let dictionary = (state ?? file.root).dictionary else {
        throw CheckpointError(path, .malformed("holds no state dict"))
      }
      tensors = try PyTorchTensors(dictionary, in: file)
    } else {
      checkpoint = nil
      tensors = try TensorFiles(file: path)
    }
    let isWrapped = tensors.entries.allSatisfy { $0.name.hasPrefix(Self.wrapper) }
    let prefix = isWrapped ? Self.wrapper : ""
    self.prefix = prefix
    entries = tensors.entries.map { $0.renamed(String($0.name.dropFirst(prefix.count))) }
  }

  public subscript(name: String) -> TensorEntry? { tensors[prefix + name]?.renamed(name) }

  public func read(
    _ name: String, shape: [Int]?, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try tensors.read(prefix + name, shape: shape, into: floats)
  }
}
