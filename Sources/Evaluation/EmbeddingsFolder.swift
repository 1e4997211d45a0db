import Foundation
import Tensors

/// A folder of embeddings that is being written part by part. It gets its name when it is whole.
public final class EmbeddingsFolder {
  /// How parts are written.
  public enum Format: String, CaseIterable, Sendable {
    /// `00000.safetensors` and so on.
    case safetensors
    /// The folder of clip-retrieval: `img_emb`, `text_emb` and `metadata`.
    case clipRetrieval = "clip-retrieval"
  }

  private let url: URL
  private let temporary: URL
  private let format: Format
  private var parts = 0

  /// Makes `NAME.tmp`, and removes what a killed writer left there.
  /// - Throws: `EmbeddingsError` where something is in the way, or nothing can be written.
  public init(_ url: URL, format: Format) throws {
    (self.url, self.format) = (url, format)
    temporary = url.appendingPathExtension("tmp")
    guard !FileManager.default.fileExists(atPath: url.path) else {
      throw EmbeddingsError(url.path, .occupied)
    }
    try? FileManager.default.removeItem(at: temporary)
    let folders = format == .safetensors ? [""] : ["img_emb", "text_emb", "metadata"]
    try write {
      for name in folders {
        try FileManager.default.createDirectory(
          at: temporary.appendingPathComponent(name), withIntermediateDirectories: true)
      }
    }
  }

  /// Writes one part.
  /// - Parameter model: the checksum of the model that made it.
  public func add(_ part: some NamedEmbeddings, model: String) throws {
    switch format {
    case .safetensors:
      let name = String(format: "%05d.safetensors", parts)
      try part.write(to: temporary.appendingPathComponent(name), model: model)
    case .clipRetrieval: try addArrays(part, model)
    }
    parts += 1
  }

  private func addArrays(_ part: some NamedEmbeddings, _ model: String) throws {
    guard part.texts.rows == 0 || part.texts.rows == part.images.rows else {
      throw EmbeddingsError(url.path, .malformed("has not one text for each picture"))
    }
    try write {
      try NumPyArray.float16(part.images).write(to: file("img_emb/img_emb_\(parts).npy"))
      if part.texts.rows > 0 {
        try NumPyArray.float16(part.texts).write(to: file("text_emb/text_emb_\(parts).npy"))
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      var lines = Data()
      for key in part.keys { lines += try encoder.encode(["image_path": key]) + [0x0A] }
      try lines.write(to: file("metadata/metadata_\(parts).jsonl"))
      try Data("{\"model\":\"\(model)\"}\n".utf8).write(to: file("model.json"))
    }
  }

  private func file(_ name: String) -> URL { temporary.appendingPathComponent(name) }

  /// Gives the folder its name.
  public func finish() throws {
    try write { try FileManager.default.moveItem(at: temporary, to: url) }
  }

  /// Removes what was written.
  public func discard() { try? FileManager.default.removeItem(at: temporary) }

  private func write(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      throw EmbeddingsError(url.path, .unwritable(NamedFile.reason(error)))
    }
  }
}

/// NumPy's file of an array, format 1.0.
enum NumPyArray {
  /// The rows of a matrix as little-endian half floats, as clip-retrieval keeps them.
  static func float16(_ matrix: Tensor) -> Data {
    let shape = "(\(matrix.rows), \(matrix.width))"
    var header = "{'descr': '<f2', 'fortran_order': False, 'shape': \(shape), }"
    // Magic, version and length are 10 bytes; data begin at a multiple of 64.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header.utf8)
    let halves = matrix.buffer.map { Float16($0).bitPattern.littleEndian }
    halves.withUnsafeBytes { data.append(contentsOf: $0) }
    return data
  }
}
