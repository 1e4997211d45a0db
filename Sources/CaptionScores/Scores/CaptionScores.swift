/// How well captions match their references, by the rules of coco-caption (Chen et al. 2015).
///
/// Equal to `pycocoevalcap` 1.2 up to rounding; `launch/checks/scores` compares.
public struct CaptionScores: Sendable {
  /// Of the set. BLEU and METEOR are pooled over images; the others are means.
  public let set: ScoreValues
  /// Of each image.
  public let images: [ScoreValues]
  /// Different words over words, different pairs of words over pairs, of all candidates.
  public let distinct: (words: Double, pairs: Double)
  /// Bounds between which a score lies in 95 of 100 draws of the images, by the score's name; none
  /// for METEOR, and none of a set of one image.
  public let intervals: [String: ClosedRange<Double>]
  /// How many images had line ends in a caption; scores read spaces there.
  public let lineEnds: Int

  /// - Parameters:
  ///   - captions: at least one, in the order of the reference file: a caption's last word may
  ///     depend on the caption after it.
  ///   - meteor: computes METEOR, which nothing else does.
  /// - Complexity: all captions' words are in memory, about 10 KB an image of five references.
  /// - Throws: `CaptionScoresError` of METEOR's program.
  public init(
    _ captions: [JudgedCaption], meteor: METEOR? = nil
  ) throws(CaptionScoresError) {
    precondition(captions.allSatisfy { !$0.references.isEmpty } && !captions.isEmpty)
    let pairs = TokenizedPair.all(captions), counted = CountedPair.all(pairs)
    let bleu = BLEU(counted), cider = CIDEr(counted)
    let found = try meteor?.scores(of: pairs)
    images = pairs.indices.map { image in
      let score = cider.score(counted[image])
      return ScoreValues(
        bleu: bleu.images[image].scores, rougeL: ROUGEL.score(pairs[image]), cider: score.clipped,
        ciderPlain: score.plain, meteor: found?.images[image],
        length: Double(counted[image].candidate.wordCount))
    }
    let means = Means(images), all = means.mean(of: images.indices)
    set = ScoreValues(
      bleu: bleu.scores(of: images.indices), rougeL: all[0], cider: all[1], ciderPlain: all[2],
      meteor: found?.set, length: all[3])
    let candidates = counted.map(\.candidate)
    distinct = (Diversity.distinct(1, candidates), Diversity.distinct(2, candidates))
    lineEnds = captions.count { $0.hasLineEnds }
    intervals = images.count == 1
      ? [:]
      : Dictionary(
        uniqueKeysWithValues: zip(
          ScoreValues.interval, Bootstrap(imageCount: images.count).intervals { drawn in
            bleu.scores(of: drawn) + means.mean(of: drawn)
          }))
  }
}

extension ScoreValues {
  /// The scores that have intervals.
  fileprivate static let interval =
    ["Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "ROUGE_L", "CIDEr", "CIDEr_plain", "length"]
}

/// Means over images of the scores that are means.
private struct Means {
  private let rows: [SIMD4<Double>]

  init(_ images: [ScoreValues]) {
    rows = images.map { [$0.rougeL, $0.cider, $0.ciderPlain, $0.length] }
  }

  func mean(of images: some Collection<Int>) -> [Double] {
    var sum = SIMD4<Double>.zero
    for image in images { sum += rows[image] }
    return (0..<4).map { sum[$0] / Double(images.count) }
  }
}
