extension ModelConfiguration {
  /// Height and width in pixels, written as one number where they are the same.
  public struct Extent: Codable, Sendable, Equatable, ExpressibleByIntegerLiteral,
    CustomStringConvertible
  {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

    public init(integerLiteral side: Int) { self.init(height: side, width: side) }

    public var description: String {
      height == width ? "\(height)" : "\(height) × \(width)"
    }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let side = try? container.decode(Int.self) {
        self.init(height: side, width: side)
      } else if let sides = try? container.decode([Int].self), sides.count == 2 {
        self.init(height: sides[0], width: sides[1])
      } else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "expected a whole number or [height, width]")
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if height == width {
        try container.encode(height)
      } else {
        try container.encode([height, width])
      }
    }
  }

  enum CodingKeys: String, CodingKey {
    case layout, joint, poolers, activation, image, text, multimodal, heads
    case attentionSets = "attention_sets"
    case textPasses = "text_passes"
    case classes
    case hasLogitBias = "logit_bias"
  }

  /// A configuration without the newer keys was written before they existed: they have their
  /// defaults.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    layout = try keys.decode(Layout.self, forKey: .layout)
    joint = try keys.decode(Int.self, forKey: .joint)
    poolers = try keys.decode(PoolerArrangement.self, forKey: .poolers)
    activation = try keys.decodeIfPresent(Activation.self, forKey: .activation) ?? .gelu
    image = try keys.decode(Image.self, forKey: .image)
    text = try keys.decode(Text.self, forKey: .text)
    multimodal = try keys.decode(Multimodal.self, forKey: .multimodal)
    heads = try keys.decodeIfPresent([Head].self, forKey: .heads).map { Set($0) } ?? .coca
    attentionSets =
      try keys.decodeIfPresent(Set<AttentionSet>.self, forKey: .attentionSets) ?? .standard
    classes = try keys.decodeIfPresent(ImageClasses.self, forKey: .classes)
    textPasses = try keys.decodeIfPresent(TextPasses.self, forKey: .textPasses) ?? .one
    hasLogitBias = try keys.decodeIfPresent(Bool.self, forKey: .hasLogitBias) ?? false
  }

  /// The heads, sets of self-attention weights and passes of a whole CoCa are not written, nor is
  /// that it has no bias.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(layout, forKey: .layout)
    try keys.encode(joint, forKey: .joint)
    try keys.encode(poolers, forKey: .poolers)
    try keys.encode(activation, forKey: .activation)
    try keys.encode(image, forKey: .image)
    try keys.encode(text, forKey: .text)
    try keys.encode(multimodal, forKey: .multimodal)
    if heads != .coca { try keys.encode(Head.allCases.filter(heads.contains), forKey: .heads) }
    if attentionSets != .standard {
      let sets = AttentionSet.allCases.filter(attentionSets.contains)
      try keys.encode(sets, forKey: .attentionSets)
    }
    try keys.encodeIfPresent(classes, forKey: .classes)
    if textPasses != .one { try keys.encode(textPasses, forKey: .textPasses) }
    if hasLogitBias { try keys.encode(true, forKey: .hasLogitBias) }
  }
}

extension ModelConfiguration.Image {
  enum CodingKeys: String, CodingKey {
    case size, patch, width, heads, layers, mlp, queries
    case poolerHeads = "pooler_heads"
    case preNorm = "pre_norm"
    case layerScale = "layer_scale"
    case fit, resize, mean, std, interpolation
  }

  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    size = try keys.decode(ModelConfiguration.Extent.self, forKey: .size)
    patch = try keys.decode(ModelConfiguration.Extent.self, forKey: .patch)
    width = try keys.decode(Int.self, forKey: .width)
    heads = try keys.decode(Int.self, forKey: .heads)
    layers = try keys.decode(Int.self, forKey: .layers)
    mlp = try keys.decode(Int.self, forKey: .mlp)
    queries = try keys.decode(Int.self, forKey: .queries)
    poolerHeads = try keys.decodeIfPresent(Int.self, forKey: .poolerHeads)
    preNorm = try keys.decodeIfPresent(Bool.self, forKey: .preNorm) ?? true
    layerScale = try keys.decodeIfPresent(Double.self, forKey: .layerScale)
    fit = try keys.decode(ModelConfiguration.Fit.self, forKey: .fit)
    resize = try keys.decodeIfPresent(Double.self, forKey: .resize)
    mean = try keys.decode([Float].self, forKey: .mean)
    std = try keys.decode([Float].self, forKey: .std)
    interpolation = try keys.decode(
      ModelConfiguration.Interpolation.self, forKey: .interpolation)
  }
}

extension ModelConfiguration.Text {
  enum CodingKeys: String, CodingKey {
    case context, vocabulary, width, heads, layers, mlp
    case layerScale = "layer_scale"
    case clsMask = "cls_mask"
  }

  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    context = try keys.decode(Int.self, forKey: .context)
    vocabulary = try keys.decodeIfPresent(Int.self, forKey: .vocabulary)
    width = try keys.decode(Int.self, forKey: .width)
    heads = try keys.decode(Int.self, forKey: .heads)
    layers = try keys.decode(Int.self, forKey: .layers)
    mlp = try keys.decode(Int.self, forKey: .mlp)
    layerScale = try keys.decodeIfPresent(Double.self, forKey: .layerScale)
    clsMask =
      try keys.decodeIfPresent(ModelConfiguration.CLSMask.self, forKey: .clsMask) ?? .correct
  }
}

extension ModelConfiguration.Multimodal {
  enum CodingKeys: String, CodingKey {
    case layers, heads, mlp
    case layerScale = "layer_scale"
  }
}
