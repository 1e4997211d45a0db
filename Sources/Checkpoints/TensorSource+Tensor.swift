import Tensors

extension TensorSource {
  /// A tensor, kept alive until it is written.
  public init(_ name: String, _ tensor: Tensor) {
    self.init(
      name, tensor.shape, .float32, UnsafeRawBufferPointer(tensor.buffer), owner: tensor)
  }
}
