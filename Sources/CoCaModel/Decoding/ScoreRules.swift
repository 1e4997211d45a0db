import Foundation

/// What changes the scores of the next id before one is chosen, in this order.
public struct ScoreRules: Sendable, Equatable {
  /// An id that is in the text already, prompt included, has its score divided by this if it is
  /// positive, and multiplied if it is negative. Beams have log-probabilities as scores, all others
  /// logits.
  /// - Source: Keskar et al., arXiv 1909.05858, §4.1.
  public var repetitionPenalty: Double
  /// No run of so many ids comes twice, those of the prompt included; nil: any may.
  public var noRepeatNGram: Int?
  /// The end cannot come before so many new ids.
  public var minimumNew: Int

  public init(repetitionPenalty: Double = 1, noRepeatNGram: Int? = nil, minimumNew: Int = 0) {
    self.repetitionPenalty = repetitionPenalty
    self.noRepeatNGram = noRepeatNGram
    self.minimumNew = minimumNew
  }

  /// - Parameter scores: one for every id; -∞ for those that cannot come.
  func apply(to scores: inout [Double], after ids: [Int32], _ bounds: CaptionBounds) {
    if repetitionPenalty != 1 {
      for id in Set(ids.lazy.map(Int.init)) where scores.indices.contains(id) {
        let score = scores[id]
        scores[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty
      }
    }
    for id in repeating(ids) where scores.indices.contains(id) { scores[id] = -.infinity }
    let end = Int(bounds.end)
    if ids.count - bounds.prompt.count < minimumNew, scores.indices.contains(end) {
      scores[end] = -.infinity
    }
  }

  /// The ids that would complete a run that the text has already.
  private func repeating(_ ids: [Int32]) -> [Int] {
    guard let length = noRepeatNGram, ids.count >= length else { return [] }
    let last = ids.suffix(length - 1)
    return (length - 1..<ids.count).filter { ids[($0 - length + 1)..<$0] == last }
      .map { Int(ids[$0]) }
  }
}

extension [Double] {
  /// `ln Σ exp(x)`.
  var logSumExp: Double {
    guard let most = self.max(), most.isFinite else { return self.max() ?? -.infinity }
    return most + log(reduce(0) { $0 + exp($1 - most) })
  }

  /// The place of the largest, the first of equal ones; nil where none is above -∞.
  var likeliest: Int? {
    var found: Int?, most = -Double.infinity
    for (place, score) in enumerated() where score > most { (found, most) = (place, score) }
    return found
  }
}
