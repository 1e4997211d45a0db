import Checkpoints
import Foundation
import Tensors

extension SetEmbeddings {
  /// Python's reader refuses headers above 100 MB, and quotes in the header take two bytes.
  static let keysLimit = 48 << 20

  /// Writes a safetensors file: `image` [N, joint] and `text` [M, joint] in float32, and
  /// `text_image` [M] in int64, the row of each text's picture. `keys` in its metadata is a JSON
  /// list of N keys.
  ///
  /// - Throws: `EvaluationError` for more keys than a header may have; `CheckpointError`.
  public func write(to file: URL) throws {
    let keys = try JSONEncoder().encode(self.keys)
    guard keys.count <= Self.keysLimit else {
      throw EvaluationError(file.path, .keysTooLong(bytes: keys.count, limit: Self.keysLimit))
    }
    let owners = textImage.map { Int64($0) }
    try owners.withUnsafeBufferPointer { owners in
      try SafeTensorsWriter.write(
        [
          TensorSource("image", shape: images.shape, floats: UnsafeBufferPointer(images.buffer)),
          TensorSource("text", shape: texts.shape, floats: UnsafeBufferPointer(texts.buffer)),
          TensorSource("text_image", shape: [owners.count], integers: owners),
        ],
        metadata: ["format": "pt", "keys": String(decoding: keys, as: UTF8.self)], to: file.path)
    }
  }
}
