import CoCaModel
import Collectives
import Pipeline
import Records
import Tensors
import Text

/// Pictures and texts in the joint space that do not belong together, all of them on every rank.
public struct FileEmbeddings {
  /// The pictures' files.
  public let files: [String]
  /// `[files, joint]`, rows of length 1.
  public let images: Tensor
  public let lines: [String]
  /// `[lines, joint]`, likewise.
  public let texts: Tensor
}

extension Evaluator {
  /// Picture files and texts in the joint space; a file that does not decode is left out, and a
  /// text is cut to the model's context.
  /// - Throws: `EvaluationError` for a file that cannot be read, or a text that has no ids;
  ///   `ModelError` for texts of a model without a tokenizer.
  public func embeddings(files: [String], texts lines: [String]) throws -> FileEmbeddings {
    var names: [String] = [], images: [Tensor] = []
    if !files.isEmpty {
      let source = FilePictures(files: files, transform: saved.imageTransform)
      try forEachBatch(of: source) { pictures, _ in
        names += pictures.keys
        images.append(model.imageEmbeddings(pictures.images))
      }
    }
    let width = model.configuration.joint
    return FileEmbeddings(
      files: try ranks.gather(names), images: try ranks.gatherRows(images, width: width),
      lines: lines, texts: try ranks.gatherRows(try embed(lines), width: width))
  }

  /// This rank's part of the texts; ranks share whole batches.
  private func embed(_ lines: [String]) throws -> [Tensor] {
    try together(ranks) {
      if !lines.isEmpty { _ = try saved.requireTokenizer() }
      let random = CounterRandom(seed: 0, "text")
      let ids = try lines.enumerated().map { number, line in
        do throws(BadSample.Reason) {
          return try saved.text.ids(Annotation(captions: [line]), as: .caption, random: random)
        } catch {
          throw EvaluationError("--texts", .text(line: number + 1, error.text))
        }
      }
      let batches = stride(from: 0, to: ids.count, by: batch).map { $0 }
      return batches[ranks.share(of: batches.count)].map { first in
        model.textEmbeddings(PackedCaptions(Array(ids[first..<min(first + batch, ids.count)])))
      }
    }
  }

  /// The nearest classes of each picture file; one that does not decode is left out.
  /// - Throws: `EvaluationError`, also for a file that cannot be read.
  public func classes(
    of files: [String], among classes: ClassNames, prompts: Prompts
  ) throws -> [PictureClasses] {
    let embeddings = try classEmbeddings(classes, prompts)
    let scale = model.scale ?? 1
    var found: [PictureClasses] = []
    let source = FilePictures(files: files, transform: saved.imageTransform)
    try forEachBatch(of: source) { pictures, _ in
      let images = model.imageEmbeddings(pictures.images)
      let similarities = Tensor([images.rows, classes.count])
      GEMM.multiply(Matrix(images), Matrix(embeddings).transposed, into: Matrix(similarities))
      for (row, file) in pictures.keys.enumerated() {
        let row = Array(similarities.rows(row..<row + 1).buffer)
        found.append(PictureClasses(key: file, similarities: row, scale: scale, classes))
      }
    }
    return try ranks.gather(found)
  }
}
