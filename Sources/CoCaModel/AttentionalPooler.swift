import Autograd

/// Learned queries that attend to a sequence of image tokens: one attention layer, no residual, no
/// MLP: `LN(attention(q: LN(queries), kv: LN(x)))`.
/// - Source: CoCa (arXiv 2205.01917) §3.2, "attentional poolers".
struct AttentionalPooler {
  let queries: Parameter
  let queryNorm: LayerNorm
  let inputNorm: LayerNorm
  let attention: MultiHeadAttention
  let outputNorm: LayerNorm

  init(_ scope: Scope, queryCount: Int, width: Int, heads: Int) {
    queries = scope["queries"].declare(
      [queryCount, width], .embedding, .normal(deviation: 1))
    queryNorm = LayerNorm(scope["queryNorm"], width: width)
    inputNorm = LayerNorm(scope["inputNorm"], width: width)
    attention = MultiHeadAttention(scope["attention"], width: width, heads: heads)
    outputNorm = LayerNorm(scope["outputNorm"], width: width)
  }

  /// - Returns: `[n · queryCount, width]`.
  func callAsFunction(_ tokens: ImageTokens, on tape: Tape?) -> ImageTokens {
    let count = tokens.segments.count
    let segments = Segments(count: count, length: queries.shape[0])
    // The same queries for every image: projected once, then repeated.
    let query = repeated(
      attention.query(queryNorm(Variable(queries, on: tape))), times: count)
    let input = inputNorm(tokens.rows)
    let heads = Autograd.attention(
      query, attention.key(input), attention.value(input), heads: attention.heads,
      queries: segments, keys: tokens.segments)
    return ImageTokens(rows: outputNorm(attention.output(heads)), segments: segments)
  }
}
