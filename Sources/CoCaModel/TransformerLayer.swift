import Autograd

/// `x += attention(LN(x)); x += mlp(LN(x))`.
struct TransformerLayer {
  let attentionNorm: LayerNorm
  let attention: MultiHeadAttention
  let mlpNorm: LayerNorm
  let mlp: MLP

  init(_ scope: Scope, width: Int, heads: Int, mlpWidth: Int, layers: Int) {
    attentionNorm = LayerNorm(scope["attentionNorm"], width: width)
    attention = MultiHeadAttention(
      scope["attention"], width: width, heads: heads, branches: 2 * layers)
    mlpNorm = LayerNorm(scope["mlpNorm"], width: width)
    mlp = MLP(scope["mlp"], width: width, hiddenWidth: mlpWidth, branches: 2 * layers)
  }

  func callAsFunction(_ x: Variable, _ segments: Segments, isCausal: Bool) -> Variable {
    let x = attention(attentionNorm(x), segments, isCausal: isCausal, addingTo: x)
    return mlp(mlpNorm(x), addingTo: x)
  }
}

/// `x += selfAttention(LN(x)); x += crossAttention(LN(x), LN(image)); x += mlp(LN(x))`.
/// - Source: CoCa (arXiv 2205.01917) §3.2; one MLP per layer, as its parameter counts show.
struct MultimodalLayer {
  let attentionNorm: LayerNorm
  let attention: MultiHeadAttention
  let crossNorm: LayerNorm
  let imageNorm: LayerNorm
  let crossAttention: MultiHeadAttention
  let mlpNorm: LayerNorm
  let mlp: MLP

  init(_ scope: Scope, width: Int, imageWidth: Int, heads: Int, mlpWidth: Int, layers: Int) {
    attentionNorm = LayerNorm(scope["attentionNorm"], width: width)
    attention = MultiHeadAttention(
      scope["attention"], width: width, heads: heads, branches: 2 * layers)
    crossNorm = LayerNorm(scope["crossNorm"], width: width)
    imageNorm = LayerNorm(scope["imageNorm"], width: imageWidth)
    crossAttention = MultiHeadAttention(
      scope["crossAttention"], width: width, contextWidth: imageWidth, heads: heads,
      branches: 2 * layers)
    mlpNorm = LayerNorm(scope["mlpNorm"], width: width)
    mlp = MLP(scope["mlp"], width: width, hiddenWidth: mlpWidth, branches: 2 * layers)
  }

  func callAsFunction(_ x: Variable, _ segments: Segments, attendingTo image: ImageTokens)
    -> Variable
  {
    var x = attention(attentionNorm(x), segments, isCausal: true, addingTo: x)
    x = crossAttention(
      crossNorm(x), segments, to: imageNorm(image.rows), image.segments, addingTo: x)
    return mlp(mlpNorm(x), addingTo: x)
  }
}

/// What the multimodal half looks at: `[images · tokens, width]`, a segment an image.
struct ImageTokens {
  let rows: Variable
  let segments: Segments
}
