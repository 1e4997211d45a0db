import Autograd
import Text

/// The first half of the text decoder: causal self-attention without the image. A learned CLS
/// vector follows each caption's last token. It sees the whole text; the text never sees it.
/// - Source: CoCa (arXiv 2205.01917) §3.2, "decoupled text decoder".
struct UnimodalDecoder {
  let tokenTable: Parameter
  let positions: Parameter
  let layers: [TransformerLayer]
  /// Nil without the contrastive head, the only one that reads it.
  let cls: TextCLS?
  /// Nil: there is no padding, and all ids are seen.
  let padding: TextPadding?

  init(_ scope: Scope, _ configuration: ModelConfiguration, vocabulary: Int) {
    let text = configuration.text, isPaper = configuration.layout == .paper
    let width = text.width
    padding = TextPadding(configuration)
    tokenTable = scope["tokenTable"].declare(
      [vocabulary, width], .embedding, .normal(deviation: 0.02))
    positions = scope["positions"].declare(
      [text.context + (isPaper ? 0 : 1), width], .embedding, .normal(deviation: 0.01))
    let compares = configuration.heads.contains(.contrastive)
    let vector =
      compares ? scope["cls"].declare([width], .embedding, .normal(deviation: 0.01)) : nil
    let shape = StackShape(
      width: width, heads: text.heads, layers: text.layers, mlp: text.mlp,
      activation: configuration.activation, layerScale: text.layerScale,
      attentionSets: configuration.attentionSets)
    layers = (0..<text.layers).map { TransformerLayer(scope["layers.\($0)"], shape) }
    cls = vector.map { vector in
      TextCLS(
        vector: vector, position: isPaper ? nil : text.context,
        norm: LayerNorm(scope["norm"], width: width))
    }
  }

  /// - Parameter second: the half through whose layers the rows go too, without an image.
  /// - Returns: with the caption head the rows of each text's ids but the last, which predicts
  ///   nothing; with the contrastive head `[texts, width]`.
  func callAsFunction(
    _ pass: Pass, through second: MultimodalDecoder? = nil, on tape: Tape?
  ) -> (words: Variable?, segments: Segments, cls: Variable?) {
    let cls = pass.heads.contains(.contrastive) ? self.cls : nil
    let read = cls == nil ? pass.texts : padding?.padded(pass.texts) ?? pass.texts
    let ids = Segments(offsets: read.offsets)
    let rows = cls == nil ? ids : ids.extended(by: 1)
    var x = textEmbedding(
      read.ids, ids, table: tokenTable, positions: positions, cls: cls?.vector,
      clsPosition: cls?.position, on: tape)
    let visible = padding?.visible(read, withCLS: cls != nil)
    for layer in layers {
      x = block([x]) {
        layer(
          $0[0], rows, with: pass.attention, isCausal: true, prefixes: pass.prefixes,
          visible: visible)
      }
    }
    x = second?.layers(x, rows, prefixes: pass.prefixes, with: pass.attention) ?? x
    let words = Segments(offsets: pass.texts.offsets).extended(by: -1)
    let wordRows = pass.crosses ? [(0..<rows.count).map { rows[$0].prefix(words[$0].count) }] : []
    let clsRows = cls == nil ? [] : [(0..<rows.count).map { rows[$0].suffix(1) }]
    let parts = split(x, into: wordRows + clsRows)
    return (
      pass.crosses ? parts[0] : nil, words, cls.map { $0.norm(parts[wordRows.count]) }
    )
  }

  /// The rows of ids that follow `first` earlier ids, without a CLS.
  /// - Parameters:
  ///   - captions: the new ids of every caption.
  ///   - visible: for each row, earlier ones included, whether it is seen; nil: all are.
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

/// What represents a whole text: a learned vector after its last id.
struct TextCLS {
  let vector: Parameter
  /// Its row of the position table; nil: it has no position embedding.
  let position: Int?
  /// Normalises its row only.
  let norm: LayerNorm
}

/// The second half: continues with the words' rows, which now attend to the image as well.
struct MultimodalDecoder {
  let layers: [MultimodalLayer]
  let norm: LayerNorm

  init(_ scope: Scope, _ configuration: ModelConfiguration) {
    let multimodal = configuration.multimodal, width = configuration.text.width
    let shape = StackShape(
      width: width, heads: multimodal.heads, layers: multimodal.layers, mlp: multimodal.mlp,
      activation: configuration.activation, layerScale: multimodal.layerScale,
      attentionSets: configuration.attentionSets)
    layers = (0..<multimodal.layers).map { index in
      MultimodalLayer(
        scope["layers.\(index)"], shape, imageWidth: configuration.imageTokens.width,
        hasWordMLP: configuration.layout == .openclip)
    }
    norm = LayerNorm(scope["norm"], width: width)
  }

  /// - Parameters:
  ///   - image: image tokens, one segment for each text.
  ///   - past: each layer's memory of earlier rows, if there are any.
  /// - Returns: `[words.rows, width]`, the input of the vocabulary projection.
  func callAsFunction(
    _ words: Variable, _ segments: Segments, prefixes: [Int]? = nil,
    with set: AttentionSet = .causal, attendingTo image: ImageTokens,
    after past: [LayerMemory]? = nil
  ) -> Variable {
    norm(
      layers(words, segments, prefixes: prefixes, with: set, attendingTo: image, after: past))
  }

  /// All layers; without an image they are those of an ordinary text decoder.
  func layers(
    _ words: Variable, _ segments: Segments, prefixes: [Int]?, with set: AttentionSet,
    attendingTo image: ImageTokens? = nil, after past: [LayerMemory]? = nil
  ) -> Variable {
    var x = words
    for (index, layer) in layers.enumerated() {
      x = block([x] + (image.map { [$0.rows] } ?? [])) { inputs in
        let image = image.map { ImageTokens(rows: inputs[1], segments: $0.segments) }
        return layer(
          inputs[0], segments, prefixes: prefixes, with: set, attendingTo: image,
          after: past?[index])
      }
    }
    return x
  }
}
