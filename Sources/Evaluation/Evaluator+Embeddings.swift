import CoCaModel
import Collectives
import Pipeline
import Records
import Tensors
import Text

/// A set's pictures and texts in the joint space, all of them on every rank.
public struct SetEmbeddings {
  /// One for each picture.
  public let keys: [String]
  /// `[N, joint]`, rows of length 1.
  public let images: Tensor
  /// `[M, joint]`, rows of length 1, in the order of their pictures.
  public let texts: Tensor
  /// For each text the row of its picture, ascending.
  public let textImage: [Int]

  public init(keys: [String], images: Tensor, texts: Tensor, textImage: [Int]) {
    (self.keys, self.images, self.texts, self.textImage) = (keys, images, texts, textImage)
  }

  /// For each picture the rows of its texts.
  var textRanges: [Range<Int>] {
    var counts = [Int](repeating: 0, count: images.shape[0])
    for image in textImage { counts[image] += 1 }
    var start = 0
    return counts.map { count in
      defer { start += count }
      return start..<start + count
    }
  }
}

extension Evaluator {
  /// Recall at 1, 5 and 10 both ways.
  ///
  /// - Parameters:
  ///   - captions: how many texts of a picture to take, from the first on; nil: all. A sample
  ///     without any is left out.
  ///   - limit: take only so many samples, from the first on.
  public func retrieval(
    records: [RecordSet], captions: Int? = nil, limit: Int? = nil
  ) throws -> RetrievalScores {
    let embedded = try embed(pictures(records, limit), captions: captions, needsTexts: true)
    return try RetrievalScores(embedded, over: ranks)
  }

  /// Pictures and texts in the joint space. A picture without text has no embedding.
  ///
  /// A sample's texts are its captions; without captions its ready ids, or else its joined labels.
  /// - Complexity: every rank holds all embeddings, 4 · joint bytes each.
  public func embeddings(
    records: [RecordSet], captions: Int? = nil, limit: Int? = nil
  ) throws -> SetEmbeddings {
    try embed(pictures(records, limit), captions: captions, needsTexts: false)
  }

  /// - Parameter needsTexts: leaves out samples without a text.
  func embed(
    _ source: some PictureSource, captions: Int?, needsTexts: Bool
  ) throws -> SetEmbeddings {
    var images: [Tensor] = [], texts: [Tensor] = []
    var keys: [String] = [], textCounts: [Int] = []
    try forEachBatch(of: source) { pictures, leftOut in
      var rows: [Int] = [], written: [[Int32]] = []
      for (row, annotation) in pictures.annotations.enumerated() {
        let (found, fault) = captionIDs(annotation, limit: captions)
        if found.isEmpty, needsTexts {
          leftOut.add("\(source.name), \(pictures.keys[row]): \(fault ?? "no text")")
          continue
        }
        rows.append(row)
        written += found
        textCounts.append(found.count)
      }
      keys += rows.map { pictures.keys[$0] }
      images.append(model.imageEmbeddings(pictures.images.selecting(rows)))
      texts += embed(written).map(\.embeddings)
    }
    let width = model.configuration.joint
    let counts = try ranks.gather(textCounts)
    return SetEmbeddings(
      keys: try ranks.gather(keys), images: try ranks.gatherRows(images, width: width),
      texts: try ranks.gatherRows(texts, width: width),
      textImage: counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) })
  }

  /// Embeds texts batch by batch: the index of the first text, and `[texts, joint]`.
  func embed(_ texts: [[Int32]]) -> [(first: Int, embeddings: Tensor)] {
    stride(from: 0, to: texts.count, by: batch).map { first in
      let part = Array(texts[first..<min(first + batch, texts.count)])
      return (first, model.textEmbeddings(PackedCaptions(part)))
    }
  }

  /// The ids of a sample's texts; where there are none, why its last text cannot be used.
  private func captionIDs(
    _ annotation: Annotation, limit: Int?
  ) -> (ids: [[Int32]], fault: String?) {
    var candidates: [(Annotation, SampleSource.Text)] = []
    if saved.tokenizer != nil {
      let labels = LabelText.plain(labels: annotation.labels)
      let texts = annotation.captions.isEmpty && annotation.tokens == nil
        ? [labels] : annotation.captions
      candidates = texts.filter { !$0.allSatisfy(\.isWhitespace) }
        .map { (Annotation(captions: [$0]), .caption) }
    }
    if candidates.isEmpty, annotation.tokens != nil { candidates = [(annotation, .tokens)] }
    var ids: [[Int32]] = []
    var fault: String?
    for (text, kind) in candidates.prefix(limit ?? candidates.count) {
      do throws(BadSample.Reason) {
        ids.append(try saved.text.ids(text, as: kind, random: CounterRandom(seed: 0, "text")))
      } catch {
        fault = error.text
      }
    }
    return (ids, fault)
  }
}
