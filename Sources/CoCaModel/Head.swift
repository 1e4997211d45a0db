/// An output that a model can have. A model has the parts that its heads need, and no others.
public enum Head: String, Codable, Sendable, CaseIterable {
  /// Embeddings of images and texts in the joint space. Parts: the contrastive pooler, the text's
  /// CLS, both projections and the logit scale.
  case contrastive
  /// The next id of a text beside its image. Parts: the caption pooler, the multimodal half and the
  /// vocabulary projection.
  case caption
  /// The classes of images. Parts: a pooler of its own and a linear layer.
  case classification

  /// Whether it is read from texts.
  var readsTexts: Bool { self != .classification }
  /// Whether a text attends to its image for this head.
  var crosses: Bool { self == .caption }
}

extension Set<Head> {
  /// The heads of a whole CoCa.
  public static let coca: Set<Head> = [.contrastive, .caption]

  /// Those that are read from texts.
  public var ofTexts: Set<Head> { filter(\.readsTexts) }

  /// Whether a text attends to its image for one of them, so that the multimodal half is needed.
  public var cross: Bool { contains(where: \.crosses) }
}

extension ModelConfiguration {
  /// Whether there is a caption pooler: the multimodal half reads it, and in a cascade the
  /// contrastive pooler does too. A shared pooler has queries for both heads.
  public var hasCaptionPooler: Bool {
    switch poolers {
    case .cascade, .shared: !heads.ofTexts.isEmpty
    case .parallel: heads.cross
    case .none: false
    }
  }

  /// Whether a pooler with one query makes the image's embedding. In the openclip layout the
  /// embedding is the first of the tokens.
  public var hasContrastivePooler: Bool { layout == .paper && heads.contains(.contrastive) }
}
