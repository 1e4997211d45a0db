/// The shape of a model. All of it stands in a checkpoint's `configuration.json`; a run file's
/// `model:` names a preset or gives the parts that differ.
/// - Source: CoCa (arXiv 2205.01917) §3 and Table 1.
public struct ModelConfiguration: Codable, Sendable, Equatable {
  public enum Layout: String, Codable, Sendable, CaseIterable { case paper }

  /// Where the contrastive pooler reads, and whether the multimodal half reads a pooler at all.
  public enum PoolerArrangement: String, Codable, Sendable, CaseIterable {
    /// The contrastive pooler reads the caption pooler's output.
    case cascade
    /// Both poolers read the patches.
    case parallel
    /// No caption pooler: the multimodal half reads the patches.
    case none
  }

  public enum Fit: String, Codable, Sendable, CaseIterable { case crop, pad, squash }
  public enum Interpolation: String, Codable, Sendable, CaseIterable { case bicubic, bilinear }

  public struct Image: Codable, Sendable, Equatable {
    /// Side in pixels, of the image and of a patch.
    public var size: Int
    public var patch: Int
    public var width: Int
    public var heads: Int
    public var layers: Int
    /// Width of the feed-forward layers.
    public var mlp: Int
    /// Queries of the caption pooler.
    public var queries: Int
    public var fit = Fit.crop
    public var mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    public var std: [Float] = [0.26862954, 0.26130258, 0.27577711]
    public var interpolation = Interpolation.bicubic

    public var patches: Int { (size / patch) * (size / patch) }
  }

  public struct Text: Codable, Sendable, Equatable {
    /// Ids of the longest caption, start and end included.
    public var context: Int
    /// Rows of the token table; null: as many as the tokenizer has.
    public var vocabulary: Int?
    public var width: Int
    public var heads: Int
    public var layers: Int
    public var mlp: Int
  }

  /// The multimodal half; its width is the text's.
  public struct Multimodal: Codable, Sendable, Equatable {
    public var layers: Int
    public var heads: Int
    public var mlp: Int
  }

  public var layout = Layout.paper
  /// Dimensions of the space in which images and texts are compared.
  public var joint: Int
  public var poolers = PoolerArrangement.cascade
  public var image: Image
  public var text: Text
  public var multimodal: Multimodal

  private static let limits = [
    "image.size": 8192, "image.layers": 1024, "text.layers": 1024, "multimodal.layers": 1024,
    "text.vocabulary": 1 << 24,
  ]

  /// What makes this shape impossible, or nil: "image.heads: 5 does not divide the width 96".
  public func fault() -> String? {
    let sizes = [
      ("joint", joint), ("image.size", image.size), ("image.patch", image.patch),
      ("image.width", image.width), ("image.heads", image.heads), ("image.layers", image.layers),
      ("image.mlp", image.mlp), ("image.queries", image.queries), ("text.context", text.context),
      ("text.vocabulary", text.vocabulary ?? 1), ("text.width", text.width),
      ("text.heads", text.heads), ("text.layers", text.layers), ("text.mlp", text.mlp),
      ("multimodal.layers", multimodal.layers), ("multimodal.heads", multimodal.heads),
      ("multimodal.mlp", multimodal.mlp),
    ]
    for (name, size) in sizes {
      let limit = Self.limits[name] ?? 65_536
      if !(1...limit).contains(size) { return "\(name): \(size) is not between 1 and \(limit)" }
    }
    for (name, heads, width) in [
      ("image.heads", image.heads, image.width), ("text.heads", text.heads, text.width),
      ("multimodal.heads", multimodal.heads, text.width),
    ] where width % heads != 0 { return "\(name): \(heads) does not divide the width \(width)" }
    if image.patch > image.size { return "image.patch: larger than the image's side" }
    if image.mean.count != 3 || image.std.count != 3 || image.std.contains(where: { $0 <= 0 }) {
      return "image.mean, image.std: three numbers each, std above 0"
    }
    if text.context < 3 { return "text.context: \(text.context) leaves no room for a word" }
    return nil
  }
}
