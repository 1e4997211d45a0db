import Foundation

/// CIDEr-D and CIDEr (Vedantam et al. 2015). They weigh runs of words by how few images' references
/// hold them. What is published as CIDEr is CIDEr-D.
struct CIDEr {
  /// Of an image.
  struct Score {
    /// CIDEr-D: counts clipped to the reference's, other lengths punished.
    var clipped: Double
    /// CIDEr without both.
    var plain: Double
  }

  private static let sigma = 6.0
  /// In how many images' references a run of words is.
  private var images: [NGram: Int] = [:]
  private let logCount: Double

  /// - Parameter pairs: the whole set; its references give the weights.
  init(_ pairs: [CountedPair]) {
    logCount = log(Double(max(1, pairs.count)))
    for pair in pairs {
      for gram in Set(pair.references.flatMap { $0.grams.map(\.gram) }) {
        images[gram, default: 0] += 1
      }
    }
  }

  /// The score of one image, 10 at most.
  func score(_ pair: CountedPair) -> Score {
    let candidate = Weights(pair.candidate, self)
    var clipped = SIMD4<Double>.zero, plain = SIMD4<Double>.zero
    for reference in pair.references {
      let one = similarity(candidate, Weights(reference, self))
      clipped += one.clipped
      plain += one.plain
    }
    let scale = 10 / Double(pair.references.count) / 4
    return Score(clipped: clipped.sum() * scale, plain: plain.sum() * scale)
  }

  /// The weighted counts of a caption.
  private struct Weights {
    let counts: NGramCounts
    var values: [Double] = []
    /// For each length of runs.
    var norms = SIMD4<Double>.zero
    var bigrams: Double { Double(max(0, counts.wordCount - 1)) }

    init(_ counts: NGramCounts, _ owner: CIDEr) {
      self.counts = counts
      values.reserveCapacity(counts.grams.count)
      for (gram, count) in counts.grams {
        let rarity = owner.logCount - log(Double(max(1, owner.images[gram] ?? 0)))
        let value = Double(count) * rarity
        values.append(value)
        norms[gram.count - 1] += value * value
      }
      norms = norms.squareRoot()
    }
  }

  private func similarity(
    _ candidate: Weights, _ reference: Weights
  ) -> (clipped: SIMD4<Double>, plain: SIMD4<Double>) {
    var clipped = SIMD4<Double>.zero, plain = SIMD4<Double>.zero
    for (place, (gram, _)) in candidate.counts.grams.enumerated() {
      guard let other = reference.counts.place(of: gram) else { continue }
      let own = candidate.values[place], theirs = reference.values[other]
      clipped[gram.count - 1] += min(own, theirs) * theirs
      plain[gram.count - 1] += own * theirs
    }
    let product = candidate.norms * reference.norms
    let divisor = product.replacing(with: 1, where: product .== 0)
    let difference = candidate.bigrams - reference.bigrams
    let penalty = exp(-difference * difference / (2 * Self.sigma * Self.sigma))
    return (clipped / divisor * penalty, plain / divisor)
  }
}
