/// The shape of a model. A checkpoint's `configuration.json` has all of it; a run file's `model:`
/// names a preset or gives the parts that differ.
/// - Source: CoCa (arXiv 2205.01917) §3 and Table 1; for `openclip` open_clip 3.3.0's model.
public struct ModelConfiguration: Codable, Sendable, Equatable {
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// The paper's.
    case paper
    /// open_clip's CoCa, so that its weights fit.
    case openclip
  }

  /// Where the contrastive embedding comes from and what the multimodal half reads.
  public enum PoolerArrangement: String, Codable, Sendable, CaseIterable {
    /// Paper: the contrastive pooler reads the caption pooler's output.
    case cascade
    /// Paper: both poolers read the patches.
    case parallel
    /// Openclip: one pooler; its first query is for the contrastive head, the others for captions.
    case shared
    /// The multimodal half reads the patches; in openclip the class token is the embedding.
    case none
  }

  public enum Activation: String, Codable, Sendable, CaseIterable {
    case gelu
    case quickGELU = "quick_gelu"
  }

  /// Openclip: which ids the text's CLS sees, and which ids see the others where some ids are 0.
  public enum CLSMask: String, Codable, Sendable, CaseIterable {
    /// All ids that are not padding.
    case correct
    /// Shifted by one row, as in the training of open_clip's released weights: the CLS sees the
    /// first padding and not itself.
    case legacy
  }

  /// How a text is read for both heads.
  public enum TextPasses: String, Codable, Sendable, CaseIterable {
    /// CoCa: one causal pass; the embedding is that of the unimodal half.
    case one
    /// MaMMUT: a pass of its own for the embedding, through both halves, without the image and with
    /// ids that see each other; then a causal one with the image.
    case two
  }

  public enum Fit: String, Codable, Sendable, CaseIterable { case crop, pad, squash }
  public enum Interpolation: String, Codable, Sendable, CaseIterable { case bicubic, bilinear }

  public struct Image: Codable, Sendable, Equatable {
    /// In pixels.
    public var size: Extent
    public var patch: Extent
    public var width: Int
    public var heads: Int
    public var layers: Int
    /// Width of the feed-forward layers.
    public var mlp: Int
    /// Queries of the caption pooler, or of the only pooler where it is shared.
    public var queries: Int
    /// Nil: as many as `heads`.
    public var poolerHeads: Int?
    /// Openclip: whether there is a layer norm before the first layer.
    public var preNorm = true
    /// The start value of the weights that scale each branch; nil: there are none.
    public var layerScale: Double?
    public var fit = Fit.crop
    /// Evaluated pictures are resized to so many times `size` and cropped to their middle; nil: 1.
    public var resize: Double?
    public var mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    public var std: [Float] = [0.26862954, 0.26130258, 0.27577711]
    public var interpolation = Interpolation.bicubic

    public var patches: Int { (size.height / patch.height) * (size.width / patch.width) }
  }

  public struct Text: Codable, Sendable, Equatable {
    /// The most ids of a caption, start and end included.
    public var context: Int
    /// Rows of the token table; nil: as many as the tokenizer has.
    public var vocabulary: Int?
    public var width: Int
    public var heads: Int
    public var layers: Int
    public var mlp: Int
    public var layerScale: Double?
    public var clsMask = CLSMask.correct
  }

  /// The multimodal half; its width is the text's.
  public struct Multimodal: Codable, Sendable, Equatable {
    public var layers: Int
    public var heads: Int
    /// Width of the feed-forward layers; in the openclip layout a layer has two of them.
    public var mlp: Int
    public var layerScale: Double?
  }

  public var layout = Layout.paper
  /// Dimensions of the embeddings of images and texts.
  public var joint: Int
  public var poolers = PoolerArrangement.cascade
  public var activation = Activation.gelu
  public var image: Image
  public var text: Text
  public var multimodal: Multimodal
  /// The model's outputs, which decide what parts it has.
  public var heads = Set<Head>.coca
  /// Whether the sigmoid loss has a bias of the similarities.
  public var hasLogitBias = false
  /// The self-attention weights that layers of the text decoder have.
  public var attentionSets = Set<AttentionSet>.standard

  /// Paper only: how texts are read.
  public var textPasses = TextPasses.one

  /// With the classification head.
  public var classes: ImageClasses?

  /// Image tokens that the multimodal half reads, and their width.
  public var imageTokens: (count: Int, width: Int) {
    switch poolers {
    case .cascade, .parallel: (image.queries, image.width)
    case .shared: (image.queries - 1, joint)
    case .none: (image.patches, image.width)
    }
  }

  /// The id of an empty place: hidden from the text's attention and not predicted. The paper layout
  /// has none.
  var padding: Int32? { layout == .openclip ? 0 : nil }
}
