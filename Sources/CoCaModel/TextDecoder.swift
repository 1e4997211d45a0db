import Autograd
import Text

/// The first half of the text decoder: causal self-attention and no image. A learned CLS vector
/// follows each caption's last token; the text never sees it, it sees all of the text.
/// - Source: CoCa (arXiv 2205.01917) §3.2, "decoupled text decoder".
struct UnimodalDecoder {
  let tokenTable: Parameter
  let positions: Parameter
  let cls: Parameter
  let layers: [TransformerLayer]
  /// Applied to the CLS rows only.
  let norm: LayerNorm

  init(_ scope: Scope, _ configuration: ModelConfiguration.Text, vocabulary: Int) {
    let width = configuration.width
    tokenTable = scope["tokenTable"].declare(
      [vocabulary, width], .embedding, .normal(deviation: 0.02))
    positions = scope["positions"].declare(
      [configuration.context, width], .embedding, .normal(deviation: 0.01))
    cls = scope["cls"].declare([width], .embedding, .normal(deviation: 0.01))
    layers = (0..<configuration.layers).map { index in
      TransformerLayer(
        scope["layers.\(index)"], width: width, heads: configuration.heads,
        mlpWidth: configuration.mlp, layers: configuration.layers)
    }
    norm = LayerNorm(scope["norm"], width: width)
  }

  /// - Returns: `[ids + captions, width]`, each caption's rows followed by its CLS row.
  func callAsFunction(_ captions: PackedCaptions, on tape: Tape?) -> (Variable, Segments) {
    let words = Segments(offsets: captions.offsets)
    let segments = words.extended(by: 1)
    var x = textEmbedding(
      captions.ids, words, table: tokenTable, positions: positions, cls: cls, on: tape)
    for layer in layers { x = layer(x, segments, isCausal: true) }
    return (x, segments)
  }
}

/// The second half: the words go on, attending to the image as well.
struct MultimodalDecoder {
  let layers: [MultimodalLayer]
  let norm: LayerNorm

  init(
    _ scope: Scope, _ configuration: ModelConfiguration.Multimodal, width: Int, imageWidth: Int
  ) {
    layers = (0..<configuration.layers).map { index in
      MultimodalLayer(
        scope["layers.\(index)"], width: width, imageWidth: imageWidth,
        heads: configuration.heads, mlpWidth: configuration.mlp, layers: configuration.layers)
    }
    norm = LayerNorm(scope["norm"], width: width)
  }

  /// - Returns: `[words.rows, width]`, ready for the vocabulary projection.
  func callAsFunction(
    _ words: Variable, _ segments: Segments, attendingTo image: ImageTokens
  ) -> Variable {
    var x = words
    for layer in layers { x = layer(x, segments, attendingTo: image) }
    return norm(x)
  }
}
