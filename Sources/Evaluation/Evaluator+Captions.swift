import CoCaModel
import Collectives
import Images
import Records
import Tensors
import Text

/// A picture and the model's caption for it.
public struct CaptionLine: Codable, Sendable, Equatable {
  /// The sample's key, or the file as it was named.
  public var key: String
  public var caption: String
  /// The caption's ids: start, prompt, pieces and, unless it was cut short, end.
  public var tokens: [Int]
  /// The reference captions.
  public var references: [String]

  package init(key: String, caption: String, tokens: [Int], references: [String]) {
    (self.key, self.caption) = (key, caption)
    (self.tokens, self.references) = (tokens, references)
  }
}

extension Evaluator {
  /// The likeliest caption of each sample, token by token.
  ///
  /// - Parameters:
  ///   - limit: take only so many samples, from the first on.
  ///   - prompt: what every caption begins with.
  ///   - maximumTokens: the most ids of a caption, start, prompt and end included; nil: the model's
  ///     context, which is also the most that is allowed.
  /// - Throws: `EvaluationError` for a prompt that leaves no room or for more ids than the context;
  ///   errors of records and ranks.
  public func captions(
    records: [RecordSet], limit: Int? = nil, prompt: String = "", maximumTokens: Int? = nil
  ) throws -> [CaptionLine] {
    try captions(pictures(records, limit), prompt, maximumTokens)
  }

  /// The likeliest caption of each picture file; one that does not decode is left out.
  /// - Throws: `EvaluationError`, also for a file that cannot be read.
  public func captions(
    files: [String], prompt: String = "", maximumTokens: Int? = nil
  ) throws -> [CaptionLine] {
    let source = FilePictures(files: files, transform: saved.imageTransform)
    return try captions(source, prompt, maximumTokens)
  }

  private func captions(
    _ source: some PictureSource, _ prompt: String, _ maximumTokens: Int?
  ) throws -> [CaptionLine] {
    let context = model.configuration.text.context
    let limit = maximumTokens ?? context
    let (tokenizer, start) = try together(ranks) {
      guard limit <= context else {
        throw EvaluationError("--max-tokens", .tooManyTokens(asked: limit, context: context))
      }
      let tokenizer = try saved.requireTokenizer()
      let start = [tokenizer.start] + (prompt.isEmpty ? [] : try tokenizer.encode(prompt))
      guard start.count < limit else {
        throw EvaluationError("--prompt", .promptTooLong(ids: start.count, limit: limit))
      }
      return (tokenizer, start)
    }
    var lines: [CaptionLine] = []
    try forEachBatch(of: source) { pictures, _ in
      let captions = model.greedyCaptions(
        pictures.images, prompt: start, end: tokenizer.end, maximumTokens: limit)
      for (row, ids) in captions.enumerated() {
        lines.append(
          CaptionLine(
            key: pictures.keys[row], caption: tokenizer.decode(ids), tokens: ids.map { Int($0) },
            references: pictures.annotations[row].captions))
      }
    }
    return try ranks.gather(lines)
  }
}
