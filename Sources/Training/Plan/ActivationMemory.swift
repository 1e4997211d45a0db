import CoCaModel

/// Floats per pair of a forward and a backward pass: what the forward pass keeps for the backward
/// pass, and the most that the backward pass needs besides.
///
/// The backward pass frees memory as it goes. It needs the most either where it begins, at the text
/// decoder, or where it reaches the image encoder.
struct ActivationMemory {
  private let model: ModelConfiguration
  private let recompute: RunConfiguration.Recompute
  private let frozen: FrozenTensors
  /// Ids of a caption, how many of them predict a next one, and rows of its unimodal half.
  private let tokens: Double
  private var words: Double { tokens - 1 }
  private var textRows: Double { tokens + (model.heads.contains(.contrastive) ? 1 : 0) }
  private var readsTwice: Bool { model.textPasses == .two }

  /// - Parameter tokens: ids of a caption, on average.
  init(
    _ model: ModelConfiguration, tokens: Double, recompute: RunConfiguration.Recompute,
    frozen: FrozenTensors
  ) {
    self.model = model
    self.frozen = frozen
    self.tokens = max(tokens, 2)
    self.recompute = recompute
  }

  var floats: Double {
    model.heads.ofTexts.isEmpty ? imageFloats : pairFloats
  }

  /// Of an image that is classified.
  private var imageFloats: Double {
    let image = (encoder.layers > 0 ? patchEmbedding : encoder.result) + kept(encoder)
    let logits = 2 * Double(model.classes?.count ?? 0)
    return image + max(pooler(queries: 1, keys: imageRows) + logits, needed(encoder))
  }

  private var pairFloats: Double {
    let image = (encoder.layers > 0 ? patchEmbedding : encoder.result) + kept(encoder)
    let first = readsTwice ? kept(unimodal) + kept(decoder(rows: textRows)) : 0
    let text =
      image + poolers + first + kept(unimodal) + 2 * textRows * Double(model.text.width)
    let last =
      model.heads.cross
      ? kept(multimodal) + needed(multimodal) : needed(unimodal)
    return max(text + last, image + needed(encoder))
  }
}

extension ActivationMemory {
  private var isPaper: Bool { model.layout == .paper }
  private var imageRows: Double { Double(model.image.patches + (isPaper ? 0 : 1)) }

  /// The patches, their embeddings, the sums with the positions, and the norms outside the layers.
  private var patchEmbedding: Double {
    let image = model.image
    let norms = (!isPaper && image.preNorm ? 1 : 0) + (model.poolers == .shared ? 0 : 1)
    return Double(3 * image.size.height * image.size.width)
      + Double(2 + (isPaper ? 0 : 1) + norms) * imageRows * Double(image.width)
  }

  private var poolers: Double {
    let queries = Double(model.image.queries), width = Double(model.imageTokens.width)
    let caption = model.hasCaptionPooler ? pooler(queries: queries, keys: imageRows) : 0
    guard isPaper else {
      // The tokens are split into the image's and the words'.
      return caption + (model.poolers == .shared ? queries : imageRows) * width
    }
    let read = model.poolers == .cascade ? queries : imageRows
    return caption + (model.hasContrastivePooler ? pooler(queries: 1, keys: read) : 0)
  }

  /// The norm of the input, keys and values; queries, attention's result, and two layers on it.
  private func pooler(queries: Double, keys: Double) -> Double {
    let width = Double(model.imageTokens.width)
    return keys * (Double(model.image.width) + 2 * width) + 4 * queries * width
  }

  private var encoder: Stack {
    let image = model.image
    return Stack(
      layers: layers("imageEncoder", image.layers, after: ["patchEmbedding", "positions"]),
      rows: imageRows, width: image.width, mlp: image.mlp,
      hasScale: image.layerScale != nil)
  }

  private var unimodal: Stack {
    let text = model.text
    return Stack(
      layers: layers("unimodal", text.layers, after: ["tokenTable", "positions"]),
      rows: textRows, width: text.width, mlp: text.mlp,
      hasScale: text.layerScale != nil)
  }

  /// A layer attends to the image as well: with keys and values of the image, or with queries
  /// projected into its space. In the openclip layout it has two MLPs.
  private var multimodal: Stack {
    let shape = model.multimodal, width = Double(model.text.width)
    var stack = decoder(rows: words)
    let image = Double(model.imageTokens.count) * Double(model.imageTokens.width)
    let makesKeys = Cost(model, vocabularySize: 0).makesImageKeys(tokens: Int(tokens.rounded()))
    let read =
      makesKeys
      ? 2 * Double(model.imageTokens.count) * width
      : 2 * words * Double(shape.heads * model.imageTokens.width)
    stack.kept += 3 * words * width + read
    if !isPaper { stack.kept += words * (width + Double(shape.mlp)) }
    // Gradients with respect to what was read, to the image's norm and to the image; the norm
    // again.
    stack.needed = max(stack.needed, (makesKeys ? read : read / 2) + 3 * image)
    return stack
  }

  /// The multimodal half's layers without the image.
  private func decoder(rows: Double) -> Stack {
    let shape = model.multimodal
    return Stack(
      layers: shape.layers, rows: rows, width: model.text.width, mlp: shape.mlp,
      hasScale: shape.layerScale != nil)
  }

  /// Layers that keep something: those that a gradient reaches.
  private func layers(_ stack: String, _ count: Int, after inputs: [String]) -> Int {
    guard inputs.allSatisfy({ frozen.contains("\(stack).\($0)") }) else { return count }
    return (0..<count).drop { frozen.contains("\(stack).layers.\($0)") }.count
  }

  private func kept(_ stack: Stack) -> Double {
    stack.layers * (recompute == .none ? stack.kept : stack.result)
  }

  private func needed(_ stack: Stack) -> Double {
    stack.needed + (recompute == .none ? 0 : stack.kept)
  }
}

/// Layers of one kind; floats a layer.
private struct Stack {
  let layers: Double
  let result: Double
  /// Queries, keys, values, attention's result, the two sums, the MLP's hidden layer.
  var kept: Double
  /// The MLP's activation computed again and its gradient, the norm again, the result's gradient.
  var needed: Double

  init(layers: Int, rows: Double, width: Int, mlp: Int, hasScale: Bool) {
    self.layers = Double(layers)
    result = rows * Double(width)
    kept = rows * Double((hasScale ? 8 : 6) * width + mlp)
    needed = rows * Double(2 * width + 2 * mlp)
  }
}
