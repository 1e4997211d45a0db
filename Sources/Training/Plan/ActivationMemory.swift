import CoCaModel

/// Floats of a forward pass and its backward pass, a pair: what the former keeps for the latter,
/// and the most that the latter needs besides.
///
/// The backward pass frees as it goes: it needs most either where it begins, at the text decoder,
/// or where it reaches the image encoder.
struct ActivationMemory {
  private let model: ModelConfiguration
  private let recompute: RunConfiguration.Recompute
  /// Ids of a caption, those of them that predict, and rows of its unimodal half.
  private let tokens: Double
  private var words: Double { tokens - 1 }
  private var textRows: Double { tokens + (model.heads.contains(.contrastive) ? 1 : 0) }

  /// - Parameter tokens: ids of a caption, on average.
  init(_ model: ModelConfiguration, tokens: Double, recompute: RunConfiguration.Recompute) {
    self.model = model
    self.tokens = max(tokens, 2)
    self.recompute = recompute
  }

  var floats: Double {
    let image = patchEmbedding + kept(encoder)
    let text = image + poolers + kept(unimodal) + 2 * textRows * Double(model.text.width)
    let decoder =
      model.heads.cross
      ? kept(multimodal) + needed(multimodal) : needed(unimodal)
    return max(text + decoder, image + needed(encoder))
  }
}

extension ActivationMemory {
  private var isPaper: Bool { model.layout == .paper }
  private var imageRows: Double { Double(model.image.patches + (isPaper ? 0 : 1)) }

  /// Patches, their embedding, that with positions, and norms outside of layers.
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
      // The tokens are parted into the image's and the words'.
      return caption + (model.poolers == .shared ? queries : imageRows) * width
    }
    let read = model.poolers == .cascade ? queries : imageRows
    return caption + (model.hasContrastivePooler ? pooler(queries: 1, keys: read) : 0)
  }

  /// The norm of what it reads, keys and values; queries, what they find, and two layers on that.
  private func pooler(queries: Double, keys: Double) -> Double {
    let width = Double(model.imageTokens.width)
    return keys * (Double(model.image.width) + 2 * width) + 4 * queries * width
  }

  private var encoder: Stack {
    let image = model.image
    return Stack(
      layers: image.layers, rows: imageRows, width: image.width, mlp: image.mlp,
      hasScale: image.layerScale != nil)
  }

  private var unimodal: Stack {
    let text = model.text
    return Stack(
      layers: text.layers, rows: textRows, width: text.width, mlp: text.mlp,
      hasScale: text.layerScale != nil)
  }

  /// A layer attends to the image as well, with keys and values or with queries that are carried
  /// to it, and in the openclip layout has two MLPs.
  private var multimodal: Stack {
    let shape = model.multimodal, width = Double(model.text.width)
    var stack = Stack(
      layers: shape.layers, rows: words, width: model.text.width, mlp: shape.mlp,
      hasScale: shape.layerScale != nil)
    let image = Double(model.imageTokens.count) * Double(model.imageTokens.width)
    let makesKeys = Cost(model, vocabularySize: 0).makesImageKeys(tokens: Int(tokens.rounded()))
    let read =
      makesKeys
      ? 2 * Double(model.imageTokens.count) * width
      : 2 * words * Double(shape.heads * model.imageTokens.width)
    stack.kept += 3 * words * width + read
    if !isPaper { stack.kept += words * (width + Double(shape.mlp)) }
    // Gradients by what was read, by the image's norm and by the image; the norm made again.
    stack.needed = max(stack.needed, (makesKeys ? read : read / 2) + 3 * image)
    return stack
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
  /// Queries, keys, values, what was found, the two sums, the MLP's hidden layer.
  var kept: Double
  /// The MLP's activation made again and its gradient, the norm made again, the result's gradient.
  var needed: Double

  init(layers: Int, rows: Double, width: Int, mlp: Int, hasScale: Bool) {
    self.layers = Double(layers)
    result = rows * Double(width)
    kept = rows * Double((hasScale ? 8 : 6) * width + mlp)
    needed = rows * Double(2 * width + 2 * mlp)
  }
}
