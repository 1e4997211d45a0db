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

  init(_ scope: Scope, queryCount: Int, width: Int, inputWidth: Int, heads: Int) {
    queries = scope["queries"].declare(
      [queryCount, width], .embedding, .normal(deviation: 1))
    queryNorm = LayerNorm(scope["queryNorm"], width: width)
    inputNorm = LayerNorm(scope["inputNorm"], width: inputWidth)
    attention = MultiHeadAttention(
      scope["attention"], width: width, contextWidth: inputWidth, heads: heads)
    outputNorm = LayerNorm(scope["outputNorm"], width: width)
  }

  /// - Returns: `[n · queryCount, width]`.
  func callAsFunction(_ tokens: ImageTokens, on tape: Tape?) -> ImageTokens {
    let count = tokens.segments.count
    let segments = Segments(count: count, length: queries.shape[0])
    // Every image has the same queries: they are projected once, then repeated.
    let query = repeated(
      attention.query(queryNorm(Variable(queries, on: tape))), times: count)
    let context = attention.read(inputNorm(tokens.rows), tokens.segments)
    let found = attention(query, segments, in: context)
    return ImageTokens(rows: outputNorm(attention.output(found)), segments: segments)
  }
}

/// Makes, from the encoder's tokens, those that the multimodal half reads and the one that is
/// compared with texts.
///
/// In the paper's layout a pooler with one query makes the latter; in open_clip's it is the first
/// of the tokens.
struct ImagePoolers {
  let caption: AttentionalPooler?
  let contrastive: AttentionalPooler?
  private let configuration: ModelConfiguration

  init(_ scope: Scope, _ configuration: ModelConfiguration) {
    let image = configuration.image
    func pooler(_ name: String, _ queries: Int) -> AttentionalPooler {
      AttentionalPooler(
        scope[name], queryCount: queries, width: configuration.imageTokens.width,
        inputWidth: image.width, heads: image.poolerHeads ?? image.heads)
    }
    self.configuration = configuration
    caption =
      configuration.hasCaptionPooler
      ? pooler(configuration.poolers == .shared ? "pooler" : "captionPooler", image.queries) : nil
    contrastive =
      configuration.hasContrastivePooler ? pooler("contrastivePooler", 1) : nil
  }

  /// - Returns: with heads that cross, the tokens that the multimodal half reads; with the
  ///   contrastive head `[n, width]`.
  func callAsFunction(
    _ tokens: ImageTokens, for heads: Set<Head>, on tape: Tape?
  ) -> (ImageTokens?, Variable?) {
    let compares = heads.contains(.contrastive)
    let isRead = heads.cross || compares && configuration.poolers != .parallel
    let read = isRead ? caption?(tokens, on: tape) ?? tokens : tokens
    guard configuration.layout == .paper else {
      return read.partingFirst(wantsFirst: compares, wantsOthers: heads.cross)
    }
    let seen = configuration.poolers == .cascade ? read : tokens
    let pooled = compares ? contrastive?(seen, on: tape).rows : nil
    return (heads.cross ? read : nil, pooled)
  }
}
