import Text

/// Floating-point operations of a model's passes; a multiply-add counts as two.
public struct Cost: Sendable {
  let configuration: ModelConfiguration
  let vocabulary: Int
  private let frozen: FrozenTensors

  public init(
    _ configuration: ModelConfiguration, vocabularySize: Int, frozen: FrozenTensors = .none
  ) {
    self.configuration = configuration
    self.frozen = frozen
    vocabulary = configuration.text.vocabulary ?? vocabularySize
  }

  /// Operations of one image through encoder and poolers, forward pass only.
  public var image: Double { imageWork.reduce(0) { $0 + $1.operations } }

  /// Operations of one text of `tokens` ids through the decoder and the heads, forward pass only.
  public func text(tokens: Int) -> Double {
    (firstPass(tokens) + unimodalWork(tokens) + textProjection + multimodalWork(tokens))
      .reduce(0) { $0 + $1.operations }
  }

  /// Operations of the forward and backward pass of a text of `tokens` ids beside its image.
  public func pair(tokens: Int) -> Double {
    let image = training(imageWork, fromTrained: false)
    let embeddings = ["unimodal.tokenTable", "unimodal.positions"].contains {
      !frozen.contains($0)
    }
    let first = training(firstPass(tokens), fromTrained: embeddings)
    let unimodal = training(unimodalWork(tokens), fromTrained: embeddings)
    let joint = training(textProjection, fromTrained: first.isTrained || unimodal.isTrained)
    let multimodal = training(
      multimodalWork(tokens), fromTrained: image.isTrained || unimodal.isTrained)
    return [image, first, unimodal, joint, multimodal].reduce(0) { $0 + $1.operations }
  }

  /// The same for a batch. What is computed twice (scores, logits, micro-batches) is counted once.
  public func step(_ captions: PackedCaptions) -> Double {
    (0..<captions.count).reduce(0) { $0 + pair(tokens: captions[$1].count) }
  }

  /// A product's backward pass takes one product for the weight's gradient, if it is trained, and
  /// one for the input's, if something before it is trained; that of attention's scores takes two.
  private func training(
    _ work: [Work], fromTrained: Bool
  ) -> (operations: Double, isTrained: Bool) {
    work.reduce((0, fromTrained)) { before, work in
      let isTrained = !frozen.contains(work.part)
      let products = 1.0 + (isTrained ? 1 : 0) + (before.isTrained ? 1 : 0)
      let scores: Double = isTrained || before.isTrained ? 3 : 1
      return (
        before.operations + products * work.products + scores * work.scores,
        isTrained || before.isTrained
      )
    }
  }

  /// Whether the multimodal half computes keys and values of the image for captions of this length.
  public func makesImageKeys(tokens: Int) -> Bool { context(tokens).makesKeys }
}

/// Operations of one part's forward pass.
private struct Work {
  /// What its tensors' names begin with.
  let part: String
  /// Of products with its weights.
  let products: Double
  /// Of attention's scores and of the sums that they weigh.
  var scores = 0.0

  var operations: Double { products + scores }
}

extension Cost {
  private var compares: Bool { configuration.heads.contains(.contrastive) }

  private var imageWork: [Work] {
    let image = configuration.image
    let width = Double(image.width)
    let tokens = Double(image.patches + (configuration.layout == .openclip ? 1 : 0))
    let patch = 2 * Double(image.patches * 3 * image.patch.height * image.patch.width) * width
    let projection = 2 * Double(configuration.imageTokens.width * configuration.joint)
    return [Work(part: "imageEncoder.patchEmbedding", products: patch)]
      + layers(
        "imageEncoder", image.layers, rows: tokens, width: width, mlp: Double(image.mlp),
        keys: tokens) + poolers(tokens: tokens)
      + (compares ? [Work(part: "imageProjection", products: projection)] : [])
      + classifier(tokens: tokens)
  }

  private func classifier(tokens: Double) -> [Work] {
    guard let classes = configuration.classes?.count else { return [] }
    let width = configuration.image.width
    return pooler("classPooler", queries: 1, keys: tokens, width: width)
      + [Work(part: "classProjection", products: 2 * Double(classes * width))]
  }

  private func poolers(tokens: Double) -> [Work] {
    let queries = Double(configuration.image.queries)
    let read = configuration.poolers == .cascade ? queries : tokens
    let name = configuration.poolers == .shared ? "pooler" : "captionPooler"
    let width = configuration.imageTokens.width
    return (configuration.hasCaptionPooler
      ? pooler(name, queries: queries, keys: tokens, width: width) : [])
      + (configuration.hasContrastivePooler
        ? pooler("contrastivePooler", queries: 1, keys: read, width: width) : [])
  }

  /// Without the projection of the queries, which is made once per batch.
  private func pooler(
    _ part: String, queries: Double, keys: Double, width: Int
  ) -> [Work] {
    let width = Double(width), input = Double(configuration.image.width)
    return [
      Work(
        part: part, products: 4 * keys * input * width, scores: 4 * queries * keys * width),
      Work(part: part, products: 2 * queries * width * width),
    ]
  }

  /// Of two passes the one for the embedding: both halves without the image; all ids are seen.
  private func firstPass(_ tokens: Int) -> [Work] {
    guard configuration.textPasses == .two else { return [] }
    let rows = Double(tokens + 1), width = Double(configuration.text.width)
    return [
      ("unimodal", configuration.text.layers, configuration.text.mlp),
      ("multimodal", configuration.multimodal.layers, configuration.multimodal.mlp),
    ].flatMap { stack, count, mlp in
      layers(stack, count, rows: rows, width: width, mlp: Double(mlp), keys: rows)
    }
  }

  private func unimodalWork(_ tokens: Int) -> [Work] {
    guard !configuration.heads.ofTexts.isEmpty else { return [] }
    let text = configuration.text
    let hasPadding = text.clsMask == .legacy && tokens < text.context
    let hasCLS = compares && configuration.textPasses == .one
    let rows = Double(tokens + (hasCLS ? (hasPadding ? 2 : 1) : 0))
    return layers(
      "unimodal", text.layers, rows: rows, width: Double(text.width), mlp: Double(text.mlp),
      keys: rows / 2)
  }

  private var textProjection: [Work] {
    let products = 2 * Double(configuration.text.width * configuration.joint)
    return compares ? [Work(part: "textProjection", products: products)] : []
  }

  private func multimodalWork(_ tokens: Int) -> [Work] {
    guard configuration.heads.cross else { return [] }
    let multimodal = configuration.multimodal, mlp = Double(multimodal.mlp)
    let width = Double(configuration.text.width), words = Double(tokens - 1)
    let wordMLP = configuration.layout == .openclip ? 4 * words * width * mlp : 0
    let context = context(tokens)
    let cross = 4 * words * width * width + 2 * context.projections
    let stack = layers(
      "multimodal", multimodal.layers, rows: words, width: width, mlp: mlp, keys: words / 2)
    let crossing = (0..<multimodal.layers).map {
      Work(
        part: "multimodal.layers.\($0)", products: cross + wordMLP, scores: 2 * context.scores)
    }
    let logits = Work(
      part: "vocabularyProjection", products: 2 * words * width * Double(vocabulary))
    return stack + crossing + (configuration.heads.contains(.caption) ? [logits] : [])
  }

  private func context(_ tokens: Int) -> ContextCost {
    let (count, imageWidth) = configuration.imageTokens
    return ContextCost(
      queries: tokens - 1, keys: count, keysPerQuery: count, width: configuration.text.width,
      contextWidth: imageWidth, heads: configuration.multimodal.heads)
  }

  /// Queries, keys, values and the scores of each layer; then its other products.
  private func layers(
    _ stack: String, _ count: Int, rows: Double, width: Double, mlp: Double, keys: Double
  ) -> [Work] {
    (0..<count).flatMap { index in
      let part = "\(stack).layers.\(index)"
      return [
        Work(part: part, products: 6 * rows * width * width, scores: 4 * rows * keys * width),
        Work(part: part, products: rows * width * (2 * width + 4 * mlp)),
      ]
    }
  }
}

/// Multiply-adds of the two ways of attention to a context: with keys and values of the context, or
/// with queries projected into the context's space.
struct ContextCost {
  /// Of the cheaper way: products with the two weights, and the rest.
  let projections: Double
  let scores: Double
  let makesKeys: Bool

  init(queries: Int, keys: Int, keysPerQuery: Int, width: Int, contextWidth: Int, heads: Int) {
    let queries = Double(queries), projection = Double(width) * Double(contextWidth)
    let pairs = queries * Double(keysPerQuery)
    let withKeys = (2 * Double(keys) * projection, 2 * pairs * Double(width))
    let without = (2 * queries * projection, 2 * pairs * Double(heads) * Double(contextWidth))
    makesKeys = withKeys.0 + withKeys.1 <= without.0 + without.1
    (projections, scores) = makesKeys ? withKeys : without
  }
}
