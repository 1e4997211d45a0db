/// The tensors of a dictionary in a PyTorch file.
public struct PyTorchTensors: NamedTensors {
  public let entries: [TensorEntry]
  public var place: String { file.path }
  private let file: PyTorchFile
  private let tensors: [String: (entry: TensorEntry, tensor: PyTorchTensor)]

  /// - Parameter dictionary: from this file, with tensors by name.
  /// - Throws: `CheckpointError` where it holds anything but tensors, or a name twice.
  public init(
    _ dictionary: [(key: PickleKey, value: PickleValue)], in file: PyTorchFile
  ) throws(CheckpointError) {
    var tensors: [String: (entry: TensorEntry, tensor: PyTorchTensor)] = [:]
    var entries: [TensorEntry] = []
    for (key, value) in dictionary {
      guard case .string(let name) = key, let tensor = value.tensor else {
        throw CheckpointError(
          file.path,
          .unsupported(
            "holds \(key), which is not a tensor, where a state dict should be",
            remedy: "Save the weights alone: torch.save(model.state_dict(), FILE)"))
      }
      let entry = TensorEntry(
        name: name, type: tensor.type, shape: tensor.shape, count: tensor.count,
        offset: tensor.storage.offset + tensor.first * tensor.type.size)
      guard tensors.updateValue((entry, tensor), forKey: name) == nil else {
        throw CheckpointError(file.path, .duplicate("the tensor \(name)"))
      }
      entries.append(entry)
    }
    self.file = file
    self.tensors = tensors
    self.entries = entries
  }

  public subscript(name: String) -> TensorEntry? { tensors[name]?.entry }

  public func read(
    _ name: String, shape: [Int]?, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard let (entry, tensor) = tensors[name] else { throw missing(name) }
    guard entry.count == floats.count, entry.shape == shape ?? entry.shape else {
      throw CheckpointError(
        place, .wrongShape(name: name, expected: shape ?? [floats.count], found: entry.shape))
    }
    try file.read(tensor, named: name, into: floats)
  }
}
