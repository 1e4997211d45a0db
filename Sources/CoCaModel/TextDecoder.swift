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
  /// Nil: there is no padding and all is seen.
  let padding: TextPadding?
  /// Nil: the CLS has no position but its own place.
  private let clsPosition: Int?

  init(_ scope: Scope, _ configuration: ModelConfiguration, vocabulary: Int) {
    let text = configuration.text, isPaper = configuration.layout == .paper
    let width = text.width
    clsPosition = isPaper ? nil : text.context
    padding = TextPadding(configuration)
    tokenTable = scope["tokenTable"].declare(
      [vocabulary, width], .embedding, .normal(deviation: 0.02))
    positions = scope["positions"].declare(
      [text.context + (isPaper ? 0 : 1), width], .embedding, .normal(deviation: 0.01))
    cls = scope["cls"].declare([width], .embedding, .normal(deviation: 0.01))
    let shape = StackShape(
      width: width, heads: text.heads, layers: text.layers, mlp: text.mlp,
      activation: configuration.activation, layerScale: text.layerScale)
    layers = (0..<text.layers).map { TransformerLayer(scope["layers.\($0)"], shape) }
    norm = LayerNorm(scope["norm"], width: width)
  }

  /// - Returns: the rows of each caption's ids but its last, which predicts nothing, and
  ///   `[captions, width]`.
  func callAsFunction(
    _ captions: PackedCaptions, on tape: Tape?
  ) -> (words: Variable, segments: Segments, cls: Variable) {
    let read = padding?.padded(captions) ?? captions
    let ids = Segments(offsets: read.offsets)
    let rows = ids.extended(by: 1)
    var x = textEmbedding(
      read.ids, ids, table: tokenTable, positions: positions, cls: cls, clsPosition: clsPosition,
      on: tape)
    let visible = padding?.visible(read)
    for layer in layers {
      x = block([x]) { layer($0[0], rows, isCausal: true, visible: visible) }
    }
    let words = Segments(offsets: captions.offsets).extended(by: -1)
    let parts = split(
      x, into: [
        (0..<rows.count).map { rows[$0].prefix(words[$0].count) },
        (0..<rows.count).map { rows[$0].suffix(1) },
      ])
    return (parts[0], words, parts[1])
  }

  /// The rows of ids that go on from `first` others, without a CLS.
  /// - Parameters:
  ///   - captions: the new ids of every caption.
  ///   - visible: whether each row, the remembered ones included, is seen; nil: all are.
  func words(
    _ captions: PackedCaptions, from first: Int, visible: [Bool]?, after past: [LayerMemory]
  ) -> Variable {
    let rows = Segments(offsets: captions.offsets)
    var x = textEmbedding(
      captions.ids, rows, from: first, table: tokenTable, positions: positions, cls: nil, on: nil)
    for (layer, past) in zip(layers, past) {
      x = layer(x, rows, isCausal: true, visible: visible, after: past)
    }
    return x
  }
}

/// The second half: the words go on, attending to the image as well.
struct MultimodalDecoder {
  let layers: [MultimodalLayer]
  let norm: LayerNorm

  init(_ scope: Scope, _ configuration: ModelConfiguration) {
    let multimodal = configuration.multimodal, width = configuration.text.width
    let shape = StackShape(
      width: width, heads: multimodal.heads, layers: multimodal.layers, mlp: multimodal.mlp,
      activation: configuration.activation, layerScale: multimodal.layerScale)
    layers = (0..<multimodal.layers).map { index in
      MultimodalLayer(
        scope["layers.\(index)"], shape, imageWidth: configuration.imageTokens.width,
        hasWordMLP: configuration.layout == .openclip)
    }
    norm = LayerNorm(scope["norm"], width: width)
  }

  /// - Parameter past: each layer's memory of earlier rows, if there are any.
  /// - Returns: `[words.rows, width]`, ready for the vocabulary projection.
  func callAsFunction(
    _ words: Variable, _ segments: Segments, attendingTo image: ImageTokens,
    after past: [LayerMemory]? = nil
  ) -> Variable {
    var x = words
    for (index, layer) in layers.enumerated() {
      x = block([x, image.rows]) { inputs in
        let image = ImageTokens(rows: inputs[1], segments: image.segments)
        return layer(inputs[0], segments, attendingTo: image, after: past?[index])
      }
    }
    return norm(x)
  }
}
