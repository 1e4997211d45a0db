import Tensors

extension TensorSource {
  /// A tensor, kept alive until it is written.
  public init(_ name: String, _ tensor: Tensor) {
    self.init(
      name, tensor.shape, .float32, UnsafeRawBufferPointer(tensor.buffer), owner: tensor)
  }
}

extension NamedTensors {
  /// Reads a tensor of F32, F16, BF16 or F64 elements.
  ///
  /// - Parameter shape: what the caller expects; nil takes the shape in the file.
  /// - Throws: `CheckpointError`: no such tensor, another shape or type, or a failed read.
  public func tensor(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> Tensor {
    guard let entry = self[name] else { throw missing(name) }
    guard entry.shape == shape ?? entry.shape else {
      throw CheckpointError(
        place, .wrongShape(name: name, expected: shape ?? [], found: entry.shape))
    }
    let tensor = Tensor(entry.shape)
    try read(name, shape: entry.shape, into: tensor.buffer)
    return tensor
  }

  func missing(_ name: String) -> CheckpointError {
    CheckpointError(place, .missing("tensor \(name)"))
  }
}
