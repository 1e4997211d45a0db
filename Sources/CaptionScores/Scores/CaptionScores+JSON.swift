extension CaptionScores: Encodable {
  /// The names of coco-caption for its scores; `intervals` holds a lower and an upper bound each.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ScoreName.self)
    try container.encode(images.count, forKey: "images")
    for (name, value) in set.named { try container.encode(value, forKey: ScoreName(name)) }
    try container.encode(distinct.words, forKey: "distinct_1")
    try container.encode(distinct.pairs, forKey: "distinct_2")
    let bounds = intervals.mapValues { [$0.lowerBound, $0.upperBound] }
    try container.encode(bounds, forKey: "intervals")
  }
}

/// An image's scores as a line of a file.
public struct ImageScoresRow: Encodable {
  private let caption: JudgedCaption
  private let scores: ScoreValues

  public init(_ caption: JudgedCaption, _ scores: ScoreValues) {
    (self.caption, self.scores) = (caption, scores)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ScoreName.self)
    try container.encode(ImageID(caption.key), forKey: "image_id")
    try container.encode(caption.candidate, forKey: "caption")
    for (name, value) in scores.named { try container.encode(value, forKey: ScoreName(name)) }
  }
}

private struct ScoreName: CodingKey, ExpressibleByStringLiteral {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init(stringLiteral name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
