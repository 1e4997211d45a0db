/// Tensors by name, read one at a time from wherever they are.
public protocol NamedTensors: Sendable {
  /// The file or folder, for errors.
  var place: String { get }
  /// In no particular order.
  var entries: [TensorEntry] { get }
  subscript(name: String) -> TensorEntry? { get }

  /// Reads a tensor of F32, F16, BF16 or F64 elements as `Float`.
  ///
  /// - Parameters:
  ///   - shape: what the caller expects; nil takes any shape of as many elements.
  ///   - floats: as many elements as the tensor has.
  /// - Throws: `CheckpointError`: no such tensor, another shape or type, or a failed read.
  func read(
    _ name: String, shape: [Int]?, into floats: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError)
}
