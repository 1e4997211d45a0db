import Tensors

/// Tensors by name, read one at a time from one file or several.
public protocol NamedTensors: Sendable {
  /// The file or folder, for errors.
  var place: String { get }
  /// In no particular order.
  var entries: [TensorEntry] { get }
  subscript(name: String) -> TensorEntry? { get }

  /// Reads a tensor of F32, F16, BF16 or F64 elements as `Float`.
  ///
  /// - Parameters:
  ///   - shape: the expected shape; nil accepts any shape with as many elements.
  ///   - floats: as many elements as the tensor has.
  /// - Throws: `CheckpointError` for a tensor that does not exist or has another shape or type, or
  ///   for a failed read.
  func read(
    _ name: String, shape: [Int]?, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError)
}

extension NamedTensors {
  /// Reads a tensor of F32, F16, BF16 or F64 elements.
  ///
  /// - Parameter shape: the expected shape; nil takes the shape in the file.
  /// - Throws: `CheckpointError` for a tensor that does not exist or has another shape or type, or
  ///   for a failed read.
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

  /// - Throws: `CheckpointError` where a tensor that was read holds infinity or NaN.
  public func checkFinite(_ name: String, _ tensor: Tensor) throws(CheckpointError) {
    guard kernels.sum_of_squares(tensor.pointer, tensor.count).isFinite else {
      throw CheckpointError(place, .notFinite(name: name))
    }
  }

  func missing(_ name: String) -> CheckpointError {
    CheckpointError(place, .missing("tensor \(name)"))
  }
}
