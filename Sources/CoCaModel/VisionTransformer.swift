import Autograd
import Tensors

/// The image encoder: patches → linear → + learned positions → layers → LN.
///
/// In the openclip layout there is a class token before the patches and an LN before the layers,
/// and the last LN is the pooler's where there is a pooler.
/// - Source: Dosovitskiy et al., arXiv 2010.11929; CoCa (arXiv 2205.01917) §3.2.
struct VisionTransformer {
  let configuration: ModelConfiguration.Image
  let patchEmbedding: Linear
  let classToken: Parameter?
  let positions: Parameter
  let preNorm: LayerNorm?
  let layers: [TransformerLayer]
  let norm: LayerNorm?

  init(_ scope: Scope, _ configuration: ModelConfiguration) {
    let image = configuration.image, isPaper = configuration.layout == .paper
    let width = image.width
    self.configuration = image
    patchEmbedding = Linear(
      scope["patchEmbedding"], from: 3 * image.patch.height * image.patch.width, to: width,
      hasBias: isPaper)
    classToken =
      isPaper
      ? nil : scope["classToken"].declare([width], .embedding, .normal(deviation: 0.01))
    positions = scope["positions"].declare(
      [image.patches + (isPaper ? 0 : 1), width], .embedding, .normal(deviation: 0.01))
    preNorm = isPaper || !image.preNorm ? nil : LayerNorm(scope["preNorm"], width: width)
    let shape = StackShape(
      width: width, heads: image.heads, layers: image.layers, mlp: image.mlp,
      activation: configuration.activation, layerScale: image.layerScale)
    layers = (0..<image.layers).map { TransformerLayer(scope["layers.\($0)"], shape) }
    norm = configuration.poolers == .shared ? nil : LayerNorm(scope["norm"], width: width)
  }

  /// - Parameter images: `[n, 3, height, width]`, normalised.
  /// - Returns: `[n · tokens, width]`.
  func callAsFunction(_ images: Tensor, on tape: Tape?) -> ImageTokens {
    let grid = Segments(count: images.shape[0], length: configuration.patches)
    let segments = classToken == nil ? grid : grid.extended(by: 1)
    var x = patchEmbedding(Variable(constant: patches(of: images), on: tape))
    if let classToken { x = prepend(classToken, to: x, grid) }
    x = addPositions(x, positions)
    x = preNorm?(x) ?? x
    for layer in layers {
      x = block([x]) { layer($0[0], segments, isCausal: false) }
    }
    return ImageTokens(rows: norm?(x) ?? x, segments: segments)
  }

  private func patches(of images: Tensor) -> Tensor {
    let size = configuration.size, patch = configuration.patch
    let count = images.shape[0], imageSize = 3 * size.height * size.width
    precondition(images.count == count * imageSize, "images are \(images.shape)")
    let patches = Tensor([count * configuration.patches, 3 * patch.height * patch.width])
    let patchSize = configuration.patches * patches.width
    Profile.measure("patches", bytes: 2 * images.bytes) {
      Threads.split(count, grain: 1) { range in
        for image in range {
          kernels.extract_patches(
            images.pointer + image * imageSize, patches.pointer + image * patchSize, 3, size.height,
            size.width, patch.height, patch.width)
        }
      }
    }
    return patches
  }
}
