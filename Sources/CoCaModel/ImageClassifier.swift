import Autograd

/// Names the classes of images: a pooler with one query reads the encoder's tokens, and a linear
/// layer of zeros makes a logit for every class.
/// - Source: CoCa (arXiv 2205.01917) §4.2, frozen-feature evaluation.
struct ImageClassifier {
  let pooler: AttentionalPooler
  let weight: Parameter
  let bias: Parameter

  init(_ scope: Scope, _ configuration: ModelConfiguration, _ classes: ImageClasses) {
    let image = configuration.image
    pooler = AttentionalPooler(
      scope["classPooler"], queryCount: 1, width: image.width, inputWidth: image.width,
      heads: image.heads)
    let projection = scope["classProjection"]
    weight = projection["weight"].declare([classes.count, image.width], .matrix, .zeros)
    bias = projection["bias"].declare([classes.count], .vector, .constant(classes.bias))
  }

  /// - Returns: logits, `[images, classes]`.
  func callAsFunction(_ tokens: ImageTokens, on tape: Tape?) -> Variable {
    linear(pooler(tokens, on: tape).rows, weight, bias)
  }
}
