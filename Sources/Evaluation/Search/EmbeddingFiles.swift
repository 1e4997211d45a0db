import Checkpoints
import Foundation
import Tensors

/// The pictures' embeddings that `coca-eval embed` wrote: one file, or a folder of several. Only
/// the keys are in memory.
public struct EmbeddingFiles: Sendable {
  private struct Part: Sendable {
    let file: SafeTensorsFile
    let rows: Range<Int>
    let keys: [String]
  }

  /// The file or the folder.
  public let place: String
  /// The checksum of the model that made them.
  public let model: String
  public let count: Int
  public let width: Int
  private let parts: [Part]
  /// The metadata's key of the model's checksum.
  static let modelKey = "model"

  /// - Throws: `CheckpointError` for files that cannot be read; `EmbeddingsError` for files that
  ///   hold no embeddings, that say not which model made them, or that differ in it.
  public init(_ url: URL) throws {
    place = url.path
    var parts: [Part] = [], rows = 0, models: [String] = [], widths: Set<Int> = []
    for path in try Self.files(url) {
      let file = try SafeTensorsFile(path: path)
      guard let shape = file["image"]?.shape, shape.count == 2 else {
        throw EmbeddingsError(path, .malformed("has no tensor image of two dimensions"))
      }
      guard let model = file.metadata[Self.modelKey] else {
        throw EmbeddingsError(path, .malformed("does not say which model made it"))
      }
      let list = Data((file.metadata["keys"] ?? "").utf8)
      guard let keys = try? JSONDecoder().decode([String].self, from: list),
        keys.count == shape[0]
      else {
        throw EmbeddingsError(path, .malformed("has not one key for each row"))
      }
      parts.append(Part(file: file, rows: rows..<rows + shape[0], keys: keys))
      rows += shape[0]
      models.append(model)
      widths.insert(shape[1])
    }
    guard let model = models.first, let width = widths.first, rows > 0 else {
      throw EmbeddingsError(place, .malformed("holds none"))
    }
    guard rows <= Int(Int32.max) else { throw EmbeddingsError(place, .malformed("holds too many")) }
    guard widths.count == 1, Set(models).count == 1 else {
      throw EmbeddingsError(place, .malformed("holds those of several models"))
    }
    (self.model, self.width, count, self.parts) = (model, width, rows, parts)
  }

  /// Refuses embeddings of another model.
  public func check(model other: String, of name: String) throws(EmbeddingsError) {
    guard model == other else { throw EmbeddingsError(place, .otherModel(name)) }
  }

  public func key(_ row: Int) -> String {
    guard let part = parts.first(where: { $0.rows.contains(row) }) else {
      preconditionFailure("there are \(count) rows")
    }
    return part.keys[row - part.rows.lowerBound]
  }

  /// The first row with a key.
  public func row(of key: String) -> Int? {
    for part in parts {
      if let place = part.keys.firstIndex(of: key) { return part.rows.lowerBound + place }
    }
    return nil
  }

  /// Ranges of at most `limit` rows, each in one file.
  func blocks(of limit: Int) -> [Range<Int>] {
    parts.flatMap { part in
      stride(from: part.rows.lowerBound, to: part.rows.upperBound, by: limit)
        .map { $0..<min($0 + limit, part.rows.upperBound) }
    }
  }

  /// Some rows of one file, `[rows.count, width]`.
  public func read(_ rows: Range<Int>) throws(CheckpointError) -> Tensor {
    guard let part = parts.first(where: { $0.rows.contains(rows.lowerBound) }) else {
      preconditionFailure("there are \(count) rows")
    }
    let tensor = Tensor([rows.count, width])
    let first = (rows.lowerBound - part.rows.lowerBound) * width
    try part.file.read(
      "image", shape: [part.rows.count, width], elements: first..<first + tensor.count,
      into: tensor.buffer)
    return tensor
  }

  private static func files(_ url: URL) throws(EmbeddingsError) -> [String] {
    guard url.isFolder else { return [url.path] }
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: url.path)
      return names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.sorted()
        .map { "\(url.path)/\($0)" }
    } catch {
      throw EmbeddingsError(url.path, .unreadable(NamedFile.reason(error)))
    }
  }
}
