/// The shape of a model. All of it stands in a checkpoint's `configuration.json`; a run file's
/// `model:` names a preset or gives the parts that differ.
/// - Source: CoCa (arXiv 2205.01917) §3 and Table 1; for `openclip` open_clip 3.3.0's model.
public struct ModelConfiguration: Codable, Sendable, Equatable {
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// As the paper has it.
    case paper
    /// As open_clip's CoCa has it, so that its weights fit.
    case openclip
  }

  /// Where the contrastive embedding comes from and what the multimodal half reads.
  public enum PoolerArrangement: String, Codable, Sendable, CaseIterable {
    /// Paper: the contrastive pooler reads the caption pooler's output.
    case cascade
    /// Paper: both poolers read the patches.
    case parallel
    /// Openclip: one pooler; its first query is the contrastive one, the others are captioning's.
    case shared
    /// The multimodal half reads the patches; in openclip the class token is the embedding.
    case none
  }

  public enum Activation: String, Codable, Sendable, CaseIterable {
    case gelu
    case quickGELU = "quick_gelu"
  }

  /// Which keys the text's CLS and, where ids are 0, its words see in the openclip layout.
  public enum CLSMask: String, Codable, Sendable, CaseIterable {
    /// All that is no padding.
    case correct
    /// One row late, as open_clip's released weights were trained: the CLS sees the first padding
    /// and not itself.
    case legacy
  }

  public enum Fit: String, Codable, Sendable, CaseIterable { case crop, pad, squash }
  public enum Interpolation: String, Codable, Sendable, CaseIterable { case bicubic, bilinear }

  public struct Image: Codable, Sendable, Equatable {
    /// In pixels, of the image and of a patch.
    public var size: Extent
    public var patch: Extent
    public var width: Int
    public var heads: Int
    public var layers: Int
    /// Width of the feed-forward layers.
    public var mlp: Int
    /// Queries of the caption pooler; of the only one where it is shared.
    public var queries: Int
    /// Nil: as many as `heads`.
    public var poolerHeads: Int?
    /// Whether the openclip layout normalises before the first layer.
    public var preNorm = true
    /// What every branch is multiplied by at the start; nil: no such weights.
    public var layerScale: Double?
    public var fit = Fit.crop
    /// Evaluated pictures are brought to so many times `size`, and their middle is seen; nil: 1.
    public var resize: Double?
    public var mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
    public var std: [Float] = [0.26862954, 0.26130258, 0.27577711]
    public var interpolation = Interpolation.bicubic

    public var patches: Int { (size.height / patch.height) * (size.width / patch.width) }
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
    public var layerScale: Double?
    public var clsMask = CLSMask.correct
  }

  /// The multimodal half; its width is the text's.
  public struct Multimodal: Codable, Sendable, Equatable {
    public var layers: Int
    public var heads: Int
    /// Width of the feed-forward layers, of which the openclip layout has two a layer.
    public var mlp: Int
    public var layerScale: Double?
  }

  public var layout = Layout.paper
  /// Dimensions of the space in which images and texts are compared.
  public var joint: Int
  public var poolers = PoolerArrangement.cascade
  public var activation = Activation.gelu
  public var image: Image
  public var text: Text
  public var multimodal: Multimodal
  /// What the model can be asked for, and so which parts it has.
  public var heads = Set<Head>.all
  /// The self-attention weights that layers of the text decoder have.
  public var attentionSets = Set<AttentionSet>.standard

  /// Image tokens that the multimodal half reads, and their width.
  public var imageTokens: (count: Int, width: Int) {
    switch poolers {
    case .cascade, .parallel: (image.queries, image.width)
    case .shared: (image.queries - 1, joint)
    case .none: (image.patches, image.width)
    }
  }

  /// The id that stands for an empty place: hidden from the attention of the text and not
  /// predicted. The paper layout has none.
  var padding: Int32? { layout == .openclip ? 0 : nil }
}
