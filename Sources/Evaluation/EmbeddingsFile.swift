import Checkpoints
import Foundation
import Tensors

/// Pictures and texts in the joint space, with the names that a file of them has.
public protocol NamedEmbeddings {
  /// `[N, joint]`, rows of length 1.
  var images: Tensor { get }
  /// `[M, joint]`, likewise.
  var texts: Tensor { get }
  /// The pictures' keys or files.
  var keys: [String] { get }

  /// Writes a safetensors file.
  /// - Parameter model: the checksum of the model that made them, which stands in the metadata.
  func write(to file: URL, model: String) throws
}

extension SetEmbeddings: NamedEmbeddings {
  /// Writes a safetensors file: `image` [N, joint] and `text` [M, joint] in float32, and
  /// `text_image` [M] in int64, the row of each text's picture. `keys` in its metadata is a JSON
  /// list of N keys.
  ///
  /// - Throws: `EvaluationError` for more keys than a header may have; `CheckpointError`.
  public func write(to file: URL, model: String) throws {
    let owners = textImage.map { Int64($0) }
    try owners.withUnsafeBufferPointer { owners in
      let textImage = TensorSource("text_image", shape: [owners.count], integers: owners)
      try EmbeddingsFile.write(
        images, texts, [textImage], lists: ["keys": keys], model: model, to: file)
    }
  }
}

extension FileEmbeddings: NamedEmbeddings {
  public var keys: [String] { files }

  /// Writes a safetensors file: `image` [N, joint] and `text` [M, joint] in float32. `keys` and
  /// `texts` in its metadata are JSON lists of the N files and the M texts.
  ///
  /// - Throws: `EvaluationError` for more names than a header may have; `CheckpointError`.
  public func write(to file: URL, model: String) throws {
    try EmbeddingsFile.write(
      images, texts, lists: ["keys": files, "texts": lines], model: model, to: file)
  }
}

private enum EmbeddingsFile {
  /// Python's reader refuses headers above 100 MB, and quotes in the header take two bytes.
  static let namesLimit = 48 << 20

  static func write(
    _ images: Tensor, _ texts: Tensor, _ others: [TensorSource] = [], lists: [String: [String]],
    model: String, to file: URL
  ) throws {
    let written = try lists.mapValues { try JSONEncoder().encode($0) }
    let bytes = written.values.reduce(0) { $0 + $1.count }
    guard bytes <= namesLimit else {
      throw EvaluationError(file.path, .namesTooLong(bytes: bytes, limit: namesLimit))
    }
    let metadata = written.mapValues { String(decoding: $0, as: UTF8.self) }
    try SafeTensorsWriter.write(
      [TensorSource("image", images), TensorSource("text", texts)] + others,
      metadata: metadata.merging(["format": "pt", EmbeddingFiles.modelKey: model]) { $1 },
      to: file.path)
  }
}
