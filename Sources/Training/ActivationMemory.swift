import CoCaModel

extension ModelConfiguration {
  /// What the forward pass of a pair keeps for its backward pass, in bytes.
  func activationBytes(tokens: Int, recompute: RunConfiguration.Recompute) -> Double {
    let seen = imageTokens
    let queries = poolers == .none ? 0 : image.queries
    let pooled = image.patches * (image.width + 2 * seen.width) + 7 * queries * seen.width
    let stacks = [
      Stack(layers: image.layers, rows: image.patches, width: image.width, mlp: image.mlp),
      Stack(layers: text.layers, rows: tokens + 1, width: text.width, mlp: text.mlp),
      multimodalStack(tokens: tokens),
    ]
    let kept =
      switch recompute {
      case .none: stacks.reduce(0) { $0 + $1.layers * $1.kept }
      // The inputs of all layers, and all that the one needs which the backward pass is at.
      case .blocks: stacks.reduce(0) { $0 + $1.layers * $1.input } + (stacks.map(\.kept).max() ?? 0)
      }
    return 4 * Double(pooled + kept)
  }

  private func multimodalStack(tokens: Int) -> Stack {
    var stack = Stack(
      layers: multimodal.layers, rows: tokens, width: text.width, mlp: multimodal.mlp)
    let (count, imageWidth) = imageTokens
    stack.kept += 3 * tokens * text.width
    stack.kept +=
      Cost(self, vocabularySize: 0).makesImageKeys(tokens: tokens)
      ? 2 * count * text.width : 2 * tokens * multimodal.heads * imageWidth
    if layout == .openclip { stack.kept += tokens * (text.width + multimodal.mlp) }
    return stack
  }
}

/// Layers of one kind; floats a layer.
private struct Stack {
  let layers: Int
  let input: Int
  var kept: Int

  init(layers: Int, rows: Int, width: Int, mlp: Int) {
    self.layers = layers
    input = rows * width
    kept = rows * (6 * width + mlp)
  }
}
