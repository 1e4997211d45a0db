import Foundation

/// How captions are chosen from a model's scores of every next id. The words mean what they mean in
/// Hugging Face's `generate`.
/// - Source: transformers 5.24.0, `generation/utils.py` and `generation/logits_process.py`.
public struct Decoding: Sendable, Equatable {
  public enum Method: Sendable, Equatable {
    /// The likeliest id at every step.
    case greedy
    case beams(Beams)
    case samples(Sampling)
  }

  public var method: Method
  public var rules: ScoreRules
  /// Captions of an image: the best ones of a search by beams, at most as many as its beams; one
  /// if greedy.
  public var captions: Int

  public init(_ method: Method = .greedy, rules: ScoreRules = ScoreRules(), captions: Int = 1) {
    (self.method, self.rules, self.captions) = (method, rules, captions)
  }

  /// The most texts of an image that are open at the same time.
  public var width: Int {
    switch method {
    case .greedy: 1
    case .beams(let beams): beams.count
    case .samples: captions
    }
  }

  /// A search for the captions of one image.
  /// - Parameters:
  ///   - seed: names the image: what is drawn for it is a function of this, the caption's number
  ///     and the place of the id.
  package func search(_ bounds: CaptionBounds, image seed: String) -> any CaptionSearch {
    switch method {
    case .greedy: Walks(bounds, rules, count: 1) { scores, _, _ in scores.likeliest }
    case .beams(let beams): BeamSearch(beams, bounds, rules, captions: captions)
    case .samples(let sampling):
      Walks(bounds, rules, count: captions) { scores, sample, place in
        sampling.draw(scores, image: seed, sample: sample, place: place)
      }
    }
  }
}

/// A caption and how likely the model holds it.
public struct ScoredCaption: Sendable, Equatable {
  /// The prompt, the new ids and, unless it was cut short, the end.
  public let ids: [Int32]
  /// What captions are ranked by: the sum of the new ids' log-probabilities, as the rules have
  /// changed them, divided by their number to the power of the length penalty. Without beams the
  /// mean log-probability.
  public let score: Double
  /// The sum of the log-probabilities that the model gives the new ids, the end included.
  public let logProbability: Double
}

/// Where captions begin and end.
package struct CaptionBounds: Sendable, Equatable {
  /// The ids that every caption begins with, the start first.
  package let prompt: [Int32]
  package let end: Int32
  /// The most ids of a caption, prompt and end included.
  package let maximum: Int

  package init(prompt: [Int32], end: Int32, maximum: Int) {
    (self.prompt, self.end, self.maximum) = (prompt, end, maximum)
  }
}

/// A search for the captions of one image. It knows nothing of models: it tells which texts are
/// open, and is told the scores of their next ids.
package protocol CaptionSearch {
  /// The texts whose next ids are to be scored, all of one length: at first the prompt. None: the
  /// search is over.
  var open: [OpenText] { get }
  /// The captions so far, the best or the first first.
  var captions: [ScoredCaption] { get }

  /// Takes the next step.
  /// - Parameter scores: for each open text the logits of every id.
  mutating func advance(_ scores: [[Double]])
}

/// A text that is not finished.
package struct OpenText: Sendable, Equatable {
  package private(set) var ids: [Int32]
  /// The text that it continues: its place among those that were open before.
  package private(set) var parent = 0
  /// The sum of what the rules have made of the log-probabilities.
  private(set) var sum = 0.0
  private(set) var logProbability = 0.0

  init(prompt: [Int32]) { ids = prompt }

  /// The text with one id more.
  func adding(_ id: Int, sum: Double, _ logProbability: Double, parent: Int) -> OpenText {
    var text = self
    text.ids.append(Int32(id))
    text.sum = sum
    text.logProbability += logProbability
    text.parent = parent
    return text
  }

  /// The text as a caption, with `total` divided by the number of new ids to a power.
  func caption(_ total: Double, after bounds: CaptionBounds, power: Double) -> ScoredCaption {
    let new = Double(max(ids.count - bounds.prompt.count, 1))
    return ScoredCaption(
      ids: ids, score: total / pow(new, power), logProbability: logProbability)
  }
}

extension CaptionBounds {
  func isFinished(_ text: OpenText) -> Bool {
    text.ids.count >= maximum || (text.ids.count > prompt.count && text.ids.last == end)
  }
}
