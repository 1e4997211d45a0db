extension ModelConfiguration {
  /// What may stand as the value of a key.
  public indirect enum Kind: Sendable {
    case whole, number, flag
    case choice([String])
    /// A whole number, or `[height, width]`.
    case extent
    /// A number each for red, green and blue.
    case colours(ClosedRange<Float>)
    /// The kind, or null.
    case optional(Kind)
    case mapping([String: Kind])
  }

  static let meanRange: ClosedRange<Float> = -1000...1000
  static let stdRange: ClosedRange<Float> = 0.001...1000

  /// Every key of a configuration, as files have it.
  public static let keys: [String: Kind] = [
    "layout": choice(of: Layout.self), "joint": .whole,
    "poolers": choice(of: PoolerArrangement.self), "activation": choice(of: Activation.self),
    "image": .mapping(imageKeys), "text": .mapping(textKeys),
    "multimodal": .mapping(multimodalKeys),
  ]

  private static let imageKeys: [String: Kind] = [
    "size": .extent, "patch": .extent, "width": .whole, "heads": .whole, "layers": .whole,
    "mlp": .whole, "queries": .whole, "pooler_heads": .optional(.whole), "pre_norm": .flag,
    "layer_scale": .optional(.number), "fit": choice(of: Fit.self), "resize": .optional(.number),
    "mean": .colours(meanRange), "std": .colours(stdRange),
    "interpolation": choice(of: Interpolation.self),
  ]

  private static let textKeys: [String: Kind] = [
    "context": .whole, "vocabulary": .optional(.whole), "width": .whole, "heads": .whole,
    "layers": .whole, "mlp": .whole, "layer_scale": .optional(.number),
    "cls_mask": choice(of: CLSMask.self),
  ]

  private static let multimodalKeys: [String: Kind] = [
    "layers": .whole, "heads": .whole, "mlp": .whole, "layer_scale": .optional(.number),
  ]

  private static func choice<Word: RawRepresentable<String> & CaseIterable>(
    of words: Word.Type
  ) -> Kind {
    .choice(words.allCases.map(\.rawValue))
  }
}
