import CoCaModel
import Text

/// How pictures are captioned.
public struct CaptionSettings: Sendable, Equatable {
  public var decoding: Decoding
  /// What every caption begins with.
  public var prompt: String
  /// The most ids of a caption, start, prompt and end included; nil: the model's context.
  public var maximumTokens: Int?
  /// The most ids that the model adds to start and prompt, the end included; nil: as many as
  /// `maximumTokens` leaves.
  public var maximumNewTokens: Int?

  public init(
    _ decoding: Decoding = Decoding(), prompt: String = "", maximumTokens: Int? = nil,
    maximumNewTokens: Int? = nil
  ) {
    (self.decoding, self.prompt) = (decoding, prompt)
    (self.maximumTokens, self.maximumNewTokens) = (maximumTokens, maximumNewTokens)
  }

  /// The ids that captions begin with, and the most ids of a caption.
  /// - Throws: `EvaluationError` for a prompt that leaves no room, or for more ids than the context
  ///   has; `TextError` for a prompt that cannot be read.
  func bounds(_ tokenizer: any Tokenizer, context: Int) throws -> (prompt: [Int32], limit: Int) {
    if let maximumTokens, maximumTokens > context {
      throw EvaluationError("--max-tokens", .tooManyTokens(asked: maximumTokens, context: context))
    }
    let start = [tokenizer.start] + (prompt.isEmpty ? [] : try tokenizer.encode(prompt))
    let limit = maximumTokens ?? context, room = limit - start.count
    guard room > 0 else {
      throw EvaluationError("--prompt", .promptTooLong(ids: start.count, limit: limit))
    }
    let asked = [
      ("--max-new-tokens", maximumNewTokens ?? 0), ("--min-new-tokens", decoding.rules.minimumNew),
    ]
    if let (option, count) = asked.first(where: { $0.1 > room }) {
      throw EvaluationError(
        option, .options(
          "\(count) ids do not fit: start and prompt take \(start.count) of \(limit)",
          remedy: "Give at most \(room), or shorten --prompt"))
    }
    return (start, start.count + (maximumNewTokens ?? room))
  }
}
