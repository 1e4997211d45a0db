import CoCaModel
import Text

/// A picture and one of the model's captions for it.
public struct CaptionLine: Codable, Sendable, Equatable {
  /// The sample's key, or the file as it was named.
  public var key: String
  public var caption: String
  /// The caption's ids: start, prompt, pieces and, unless it was cut short, end.
  public var tokens: [Int]
  /// The reference captions.
  public var references: [String]
  /// Which of the picture's captions it is, from 0: by beams the best first.
  public var sample: Int
  /// What captions are ranked by.
  public var score: Double
  /// The sum of the new ids' log-probabilities, in nats.
  public var logprob: Double

  package init(
    key: String, caption: String, tokens: [Int], references: [String], sample: Int = 0,
    score: Double = 0, logprob: Double = 0
  ) {
    (self.key, self.caption) = (key, caption)
    (self.tokens, self.references) = (tokens, references)
    (self.sample, self.score, self.logprob) = (sample, score, logprob)
  }

  init(
    key: String, _ caption: ScoredCaption, sample: Int, references: [String],
    _ tokenizer: any Tokenizer
  ) {
    self.init(
      key: key, caption: tokenizer.decode(caption.ids), tokens: caption.ids.map { Int($0) },
      references: references, sample: sample, score: caption.score,
      logprob: caption.logProbability)
  }
}
