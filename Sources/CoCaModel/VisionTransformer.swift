import Autograd
import Tensors

/// The image encoder: patches → linear → + learned positions → layers → LN. No class token.
/// - Source: Dosovitskiy et al., arXiv 2010.11929; CoCa (arXiv 2205.01917) §3.2.
struct VisionTransformer {
  let configuration: ModelConfiguration.Image
  let patchEmbedding: Linear
  let positions: Parameter
  let layers: [TransformerLayer]
  let norm: LayerNorm

  init(_ scope: Scope, _ configuration: ModelConfiguration.Image) {
    self.configuration = configuration
    let width = configuration.width
    patchEmbedding = Linear(
      scope["patchEmbedding"], from: 3 * configuration.patch * configuration.patch, to: width)
    positions = scope["positions"].declare(
      [configuration.patches, width], .embedding, .normal(deviation: 0.01))
    layers = (0..<configuration.layers).map { index in
      TransformerLayer(
        scope["layers.\(index)"], width: width, heads: configuration.heads,
        mlpWidth: configuration.mlp, layers: configuration.layers)
    }
    norm = LayerNorm(scope["norm"], width: width)
  }

  /// - Parameter images: `[n, 3, size, size]`, normalised.
  /// - Returns: `[n · patches, width]`.
  func callAsFunction(_ images: Tensor, on tape: Tape?) -> ImageTokens {
    let count = images.shape[0]
    let segments = Segments(count: count, length: configuration.patches)
    var x = patchEmbedding(Variable(constant: patches(of: images), on: tape))
    x = addPositions(x, positions)
    for layer in layers { x = layer(x, segments, isCausal: false) }
    return ImageTokens(rows: norm(x), segments: segments)
  }

  private func patches(of images: Tensor) -> Tensor {
    let side = configuration.size, patch = configuration.patch
    let count = images.shape[0], imageSize = 3 * side * side
    precondition(images.count == count * imageSize, "images are \(images.shape)")
    let patches = Tensor([count * configuration.patches, 3 * patch * patch])
    let patchSize = configuration.patches * patches.width
    Threads.split(count, grain: 1) { range in
      for image in range {
        kernels.extract_patches(
          images.pointer + image * imageSize, patches.pointer + image * patchSize, 3, side, side,
          patch, patch)
      }
    }
    return patches
  }
}
