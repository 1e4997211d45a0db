import Text

/// Floating-point operations of a model's passes, a multiply-add counted as two.
public struct Cost: Sendable {
  let configuration: ModelConfiguration
  let vocabulary: Int

  public init(_ configuration: ModelConfiguration, vocabularySize: Int) {
    self.configuration = configuration
    vocabulary = configuration.text.vocabulary ?? vocabularySize
  }

  /// One image through encoder and poolers, forward.
  public var image: Double {
    let image = configuration.image
    let tokens = Double(image.patches), width = Double(image.width)
    let patch = 2 * tokens * Double(3 * image.patch * image.patch) * width
    let layers =
      Double(image.layers)
      * layer(tokens: tokens, width: width, mlp: Double(image.mlp), keys: tokens)
    let queries = Double(image.queries)
    let caption = configuration.poolers == .none ? 0 : pooler(queries: queries, keys: tokens)
    let contrastive = pooler(
      queries: 1, keys: configuration.poolers == .cascade ? queries : tokens)
    return patch + layers + caption + contrastive + 2 * width * Double(configuration.joint)
  }

  /// One caption of `tokens` ids through both halves and the vocabulary, forward.
  public func caption(tokens: Int) -> Double {
    let text = configuration.text, width = Double(text.width)
    let rows = Double(tokens + 1), words = Double(tokens - 1)
    let unimodal =
      Double(text.layers)
      * layer(tokens: rows, width: width, mlp: Double(text.mlp), keys: rows / 2)
    let image = configuration.image
    let imageTokens = Double(configuration.poolers == .none ? image.patches : image.queries)
    let cross =
      4 * words * width * width + 4 * imageTokens * Double(image.width) * width
      + 4 * words * imageTokens * width
    let multimodal =
      Double(configuration.multimodal.layers)
      * (cross
        + layer(
          tokens: words, width: width, mlp: Double(configuration.multimodal.mlp), keys: words / 2))
    return unimodal + multimodal + 2 * words * width * Double(vocabulary)
      + 2 * width * Double(configuration.joint)
  }

  /// Forward and backward of a batch; the backward pass is twice the forward pass. What is computed
  /// again (scores, logits, micro-batches) is not counted.
  public func step(_ captions: PackedCaptions) -> Double {
    (0..<captions.count).reduce(0) { $0 + 3 * (image + caption(tokens: captions[$1].count)) }
  }

  private func layer(tokens: Double, width: Double, mlp: Double, keys: Double) -> Double {
    tokens * (8 * width * width + 4 * width * mlp + 4 * keys * width)
  }

  private func pooler(queries: Double, keys: Double) -> Double {
    let width = Double(configuration.image.width)
    return 4 * queries * width * width + 4 * keys * width * width + 4 * queries * keys * width
  }
}
