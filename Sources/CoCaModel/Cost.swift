import Text

/// Floating-point operations of a model's passes; a multiply-add counts as two.
public struct Cost: Sendable {
  let configuration: ModelConfiguration
  let vocabulary: Int

  public init(_ configuration: ModelConfiguration, vocabularySize: Int) {
    self.configuration = configuration
    vocabulary = configuration.text.vocabulary ?? vocabularySize
  }

  /// Operations of one image through encoder and poolers, forward pass only.
  public var image: Double {
    let image = configuration.image
    let patches = Double(image.patches), width = Double(image.width)
    let tokens = patches + (configuration.layout == .openclip ? 1 : 0)
    let layers =
      Double(image.layers)
      * layer(tokens: tokens, width: width, mlp: Double(image.mlp), keys: tokens)
    let pooled = Double(configuration.imageTokens.width)
    let projection = compares ? 2 * pooled * Double(configuration.joint) : 0
    return patch + layers + poolers(tokens: tokens) + projection
  }

  private var compares: Bool { configuration.heads.contains(.contrastive) }

  private var patch: Double {
    let image = configuration.image
    return 2 * Double(image.patches * 3 * image.patch.height * image.patch.width * image.width)
  }

  private func poolers(tokens: Double) -> Double {
    let queries = Double(configuration.image.queries)
    let read = configuration.poolers == .cascade ? queries : tokens
    return (configuration.hasCaptionPooler ? pooler(queries: queries, keys: tokens) : 0)
      + (configuration.hasContrastivePooler ? pooler(queries: 1, keys: read) : 0)
  }

  /// Operations of one text of `tokens` ids through the decoder and the heads, forward pass only.
  public func text(tokens: Int) -> Double {
    let text = configuration.text, width = Double(text.width)
    let hasPadding = text.clsMask == .legacy && tokens < text.context
    let rows = Double(tokens + (compares ? (hasPadding ? 2 : 1) : 0))
    let unimodal =
      Double(text.layers)
      * layer(tokens: rows, width: width, mlp: Double(text.mlp), keys: rows / 2)
    let projection = compares ? 2 * width * Double(configuration.joint) : 0
    return unimodal + projection
      + (configuration.heads.cross ? crossing(tokens: tokens) : 0)
      + (configuration.heads.contains(.caption)
        ? 2 * Double(tokens - 1) * width * Double(vocabulary) : 0)
  }

  /// Operations of the multimodal half.
  private func crossing(tokens: Int) -> Double {
    let multimodal = configuration.multimodal, width = Double(configuration.text.width)
    let words = Double(tokens - 1)
    let cross = 4 * words * width * width + 2 * context(tokens: tokens).least
    let mlp = Double(multimodal.mlp)
    let wordMLP = configuration.layout == .openclip ? 4 * words * width * mlp : 0
    return Double(multimodal.layers)
      * (cross + wordMLP + layer(tokens: words, width: width, mlp: mlp, keys: words / 2))
  }

  private func context(tokens: Int) -> ContextCost {
    let (count, imageWidth) = configuration.imageTokens
    return ContextCost(
      queries: tokens - 1, keys: count, keysPerQuery: count, width: configuration.text.width,
      contextWidth: imageWidth, heads: configuration.multimodal.heads)
  }

  /// Whether the multimodal half computes keys and values of the image for captions of this length.
  public func makesImageKeys(tokens: Int) -> Bool { context(tokens: tokens).makesKeys }

  /// Operations of the forward and backward pass of a batch. The backward pass is twice the forward
  /// pass, but pixels need no gradient. What is computed twice (scores, logits, micro-batches) is
  /// counted once.
  public func step(_ captions: PackedCaptions) -> Double {
    (0..<captions.count).reduce(0) {
      $0 + 3 * (image + text(tokens: captions[$1].count)) - patch
    }
  }

  private func layer(tokens: Double, width: Double, mlp: Double, keys: Double) -> Double {
    tokens * (8 * width * width + 4 * width * mlp + 4 * keys * width)
  }

  /// Without the projection of the queries, which is made once per batch.
  private func pooler(queries: Double, keys: Double) -> Double {
    let width = Double(configuration.imageTokens.width), input = Double(configuration.image.width)
    return 2 * queries * width * width + 4 * keys * input * width + 4 * queries * keys * width
  }
}

/// Multiply-adds of the two ways of attention to a context: with keys and values of the context, or
/// with queries projected into the context's space.
struct ContextCost {
  private let withKeys: Double
  private let without: Double

  init(queries: Int, keys: Int, keysPerQuery: Int, width: Int, contextWidth: Int, heads: Int) {
    let queries = Double(queries), projection = Double(width) * Double(contextWidth)
    let scores = queries * Double(keysPerQuery)
    withKeys = 2 * (Double(keys) * projection + scores * Double(width))
    without = 2 * (queries * projection + scores * Double(heads) * Double(contextWidth))
  }

  var makesKeys: Bool { withKeys <= without }
  var least: Double { min(withKeys, without) }
}
