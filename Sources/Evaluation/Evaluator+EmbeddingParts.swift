import Collectives
import Foundation
import Records
import Tensors

extension Evaluator {
  /// Writes the embeddings of records into a folder, `rows` samples a file. Collective; rank 0
  /// writes. Memory does not grow with the set: every rank holds one file's embeddings.
  ///
  /// - Parameter captions: how many texts of a picture to take, from the first on; nil: all.
  /// - Returns: how many pictures and texts were written.
  /// - Throws: `EmbeddingsError` and `EvaluationError`; then no folder is left.
  public func writeEmbeddings(
    records: [RecordSet], limit: Int?, captions: Int?, needsTexts: Bool, rows: Int, to url: URL,
    as format: EmbeddingsFolder.Format
  ) throws -> (pictures: Int, texts: Int) {
    let source = pictures(records, limit)
    return try writeParts(source, rows, url, format) { part in
      try embed(part, captions: captions, needsTexts: needsTexts)
    }
  }

  /// The same for picture files.
  public func writeEmbeddings(
    files: [String], rows: Int, to url: URL, as format: EmbeddingsFolder.Format
  ) throws -> (pictures: Int, texts: Int) {
    let source = FilePictures(files: files, transform: saved.imageTransform)
    return try writeParts(source, rows, url, format) { part in
      try embeddings(files: Array(files[part.range]), texts: [])
    }
  }

  private func writeParts<Source: PictureSource>(
    _ source: Source, _ rows: Int, _ url: URL, _ format: EmbeddingsFolder.Format,
    _ embed: (PicturePart<Source>) throws -> any NamedEmbeddings
  ) throws -> (pictures: Int, texts: Int) {
    let model = try saved.checksum()
    let folder = try together(ranks) {
      ranks.rank == 0 ? try EmbeddingsFolder(url, format: format) : nil
    }
    var pictures = 0, texts = 0
    do {
      for first in stride(from: 0, to: max(1, source.count), by: rows) {
        let range = first..<min(first + rows, source.count)
        let part = try embed(PicturePart(source: source, range: range))
        pictures += part.images.rows
        texts += part.texts.rows
        try together(ranks) { try folder?.add(part, model: model) }
      }
      try together(ranks) { try folder?.finish() }
    } catch {
      folder?.discard()
      throw error
    }
    return (pictures, texts)
  }
}

/// Some consecutive pictures of a source.
struct PicturePart<Source: PictureSource>: PictureSource {
  let source: Source
  let range: Range<Int>

  var name: String { source.name }
  var count: Int { range.count }

  func read(_ part: Range<Int>) throws -> Pictures {
    try source.read(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
  }
}
