import Autograd

/// `x += attention(LN(x)); x += mlp(LN(x))`.
struct TransformerLayer {
  let attention: SelfAttention
  let mlp: FeedForward

  init(_ scope: Scope, _ shape: StackShape) {
    attention = SelfAttention(scope, shape)
    mlp = FeedForward(scope, shape)
  }

  func callAsFunction(
    _ x: Variable, _ segments: Segments, with set: AttentionSet = .causal, isCausal: Bool,
    prefixes: [Int]? = nil, visible: [Bool]? = nil, after past: LayerMemory? = nil
  ) -> Variable {
    mlp(
      attention(
        x, segments, with: set, isCausal: isCausal, prefixes: prefixes, visible: visible,
        after: past))
  }
}

/// `x += selfAttention(LN(x)); x += crossAttention(LN(x), LN(image)); x += mlp(LN(x))`, and in the
/// openclip layout `x += wordMLP(LN(x))` after the first.
/// - Source: CoCa (arXiv 2205.01917) §3.2; one MLP per layer, as its parameter counts show.
struct MultimodalLayer {
  let attention: SelfAttention
  let wordMLP: FeedForward?
  let crossAttention: CrossAttention
  let mlp: FeedForward

  init(_ scope: Scope, _ shape: StackShape, imageWidth: Int, hasWordMLP: Bool) {
    attention = SelfAttention(scope, shape)
    wordMLP = hasWordMLP ? FeedForward(scope, shape, named: "wordMLP") : nil
    crossAttention = CrossAttention(scope, shape, imageWidth: imageWidth)
    mlp = FeedForward(scope, shape)
  }

  func callAsFunction(
    _ x: Variable, _ segments: Segments, prefixes: [Int]?, with set: AttentionSet,
    attendingTo image: ImageTokens?, after past: LayerMemory?
  ) -> Variable {
    var x = attention(x, segments, with: set, isCausal: true, prefixes: prefixes, after: past)
    x = wordMLP?(x) ?? x
    if let image { x = crossAttention(x, segments, to: image, after: past) }
    return mlp(x)
  }
}

/// The image's tokens that the multimodal half reads: `[images · tokens, width]`, a segment an
/// image.
struct ImageTokens {
  let rows: Variable
  let segments: Segments

  /// Each image's first token, `[images, width]`, and the others; each only where it is needed.
  func partingFirst(
    wantsFirst: Bool, wantsOthers: Bool
  ) -> (others: ImageTokens?, first: Variable?) {
    let images = (0..<segments.count).map { segments[$0] }
    let first = wantsFirst ? [images.map { $0.prefix(1) }] : []
    let others = wantsOthers ? [images.map { $0.dropFirst() }] : []
    let parts = split(rows, into: first + others)
    return (
      wantsOthers
        ? ImageTokens(rows: parts[first.count], segments: segments.extended(by: -1)) : nil,
      wantsFirst ? parts[0] : nil
    )
  }

  /// The tokens of the given images, one after another: an image for each text that attends to it.
  func selecting(_ images: [Int]) -> ImageTokens {
    guard images != Array(0..<segments.count) else { return self }
    return ImageTokens(
      rows: selected(rows, images.map { segments[$0] }),
      segments: Segments(lengths: images.map { segments[$0].count }))
  }
}
