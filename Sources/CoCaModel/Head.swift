/// What a model can be asked for. A model has the parts that its heads need, and no others.
public enum Head: String, Codable, Sendable, CaseIterable {
  /// Images and texts in the joint space: the contrastive pooler, the text's CLS, both projections
  /// and the logit scale.
  case contrastive
  /// The next id of a text beside its image: the caption pooler, the multimodal half and the
  /// vocabulary projection.
  case caption

  /// Whether a text attends to its image for it.
  var crosses: Bool { self == .caption }
}

extension Set<Head> {
  /// Those of a whole CoCa.
  public static var all: Set<Head> { Set(Head.allCases) }
}

extension ModelConfiguration {
  /// Whether the caption pooler is there: the multimodal half reads it, and in a cascade the
  /// contrastive pooler does too. A shared pooler has queries for both heads.
  public var hasCaptionPooler: Bool {
    switch poolers {
    case .cascade, .shared: true
    case .parallel: heads.contains(.caption)
    case .none: false
    }
  }

  /// Whether a pooler of one query makes the image's embedding; in the openclip layout it is the
  /// first of the tokens.
  public var hasContrastivePooler: Bool { layout == .paper && heads.contains(.contrastive) }
}
