import CoCaModel
import Collectives
import Images
import Records
import Tensors
import Text

extension Evaluator {
  /// Captions of each sample.
  /// - Parameter limit: take only so many samples, from the first on.
  /// - Throws: `EvaluationError` for settings that the model cannot meet; errors of records and
  ///   ranks.
  public func captions(
    records: [RecordSet], limit: Int? = nil, _ settings: CaptionSettings = CaptionSettings()
  ) throws -> [CaptionLine] {
    try captions(pictures(records, limit), settings)
  }

  /// Captions of each picture file; one that does not decode is left out.
  /// - Throws: `EvaluationError`, also for a file that cannot be read.
  public func captions(
    files: [String], _ settings: CaptionSettings = CaptionSettings()
  ) throws -> [CaptionLine] {
    try captions(FilePictures(files: files, transform: saved.imageTransform), settings)
  }

  private func captions(
    _ source: some PictureSource, _ settings: CaptionSettings
  ) throws -> [CaptionLine] {
    let decoding = settings.decoding
    let (tokenizer, bounds) = try together(ranks) {
      let tokenizer = try saved.requireTokenizer()
      return (
        tokenizer, try settings.bounds(tokenizer, context: model.configuration.text.context)
      )
    }
    var lines: [CaptionLine] = []
    // Memory goes with the texts that are open at once.
    try forEachBatch(of: source, batch: max(1, batch / decoding.width)) { pictures, _ in
      let captions = model.captions(
        pictures.images, keys: pictures.keys, prompt: bounds.prompt, end: tokenizer.end,
        maximumTokens: bounds.limit, by: decoding)
      for (row, captions) in captions.enumerated() {
        let references = pictures.annotations[row].captions
        lines += captions.enumerated().map { sample, caption in
          CaptionLine(
            key: pictures.keys[row], caption, sample: sample, references: references, tokenizer)
        }
      }
    }
    return try ranks.gather(lines)
  }
}
