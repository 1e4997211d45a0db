import Foundation

/// BLEU-1 to BLEU-4 (Papineni et al. 2002), by the rules of coco-caption: clipped counts, the
/// reference length nearest to the candidate's, no smoothing.
struct BLEU {
  /// What one image, or the sum of several, gives.
  struct Sums {
    var words = 0
    var referenceWords = 0
    var guessed = SIMD4<Int>.zero
    var correct = SIMD4<Int>.zero

    init() {}

    init(_ pair: CountedPair) {
      words = pair.candidate.wordCount
      // Of two lengths as near, the shorter.
      referenceWords = pair.references.map(\.wordCount)
        .min { (abs($0 - words), $0) < (abs($1 - words), $1) } ?? 0
      for length in 0..<4 { guessed[length] = max(0, words - length) }
      for (gram, count) in pair.candidate.grams {
        let most = pair.references.reduce(0) { max($0, $1.count(of: gram)) }
        correct[gram.count - 1] += min(count, most)
      }
    }

    static func += (sums: inout Sums, other: Sums) {
      sums.words += other.words
      sums.referenceWords += other.referenceWords
      sums.guessed &+= other.guessed
      sums.correct &+= other.correct
    }

    /// BLEU-1 to BLEU-4.
    var scores: [Double] {
      let small = 1e-9, tiny = 1e-15
      let ratio = (Double(words) + tiny) / (Double(referenceWords) + small)
      let penalty = ratio < 1 ? exp(1 - 1 / ratio) : 1
      var product = 1.0
      return (0..<4).map { length in
        product *= (Double(correct[length]) + tiny) / (Double(guessed[length]) + small)
        return pow(product, 1 / Double(length + 1)) * penalty
      }
    }
  }

  /// Of each image.
  let images: [Sums]

  init(_ pairs: [CountedPair]) { images = pairs.map(Sums.init) }

  /// The score of a set: that of its sums, not the mean over images.
  func scores(of images: some Sequence<Int>) -> [Double] {
    var sums = Sums()
    for image in images { sums += self.images[image] }
    return sums.scores
  }
}
