import CoCaModel
import Tensors
import Testing
import Text

/// A model of odd sizes, small enough for central differences, and a ragged batch for it.
struct SmallModel {
  /// The layouts, and what changes their shape.
  enum Kind: String, CaseIterable {
    case cascade, parallel, unpooled
    /// The openclip layout with its pooler.
    case shared
    /// With all that its configurations can say besides: the legacy mask, QuickGELU, weights of
    /// branches, oblong images, heads of the pooler's own, no LN before the layers.
    case legacy
    /// Without a pooler.
    case bare

    static let openCLIP: [Kind] = [.shared, .legacy, .bare]
  }

  static let vocabulary = 23

  let model: CoCa
  let images: Tensor
  let captions: PackedCaptions

  init(
    _ kind: Kind = .cascade, heads: Set<Head> = .coca,
    attentionSets: Set<AttentionSet> = .standard, frozen: FrozenTensors = .none,
    textPasses: ModelConfiguration.TextPasses = .one, classes: ImageClasses? = nil,
    hasLogitBias: Bool = false
  ) throws {
    var shape = try Self.shape(kind)
    (shape.heads, shape.attentionSets) = (heads, attentionSets)
    (shape.textPasses, shape.classes) = (textPasses, classes)
    shape.hasLogitBias = hasLogitBias
    model = CoCa(shape, vocabularySize: Self.vocabulary)
    model.parameters.freeze { frozen.contains($0.name) }
    model.parameters.allocate(training: true)
    model.parameters.initialize(seed: 11)
    // Rows far shorter than a difference's step would make LayerNorm look like a kink.
    for parameter in model.parameters.parameters where parameter.kind == .embedding {
      for i in 0..<parameter.count { parameter.value.pointer[i] *= 30 }
    }
    let random = CounterRandom(seed: 2, "pictures")
    images = Tensor([5, 3, shape.image.size.height, shape.image.size.width])
    for i in 0..<images.count { images.pointer[i] = Float(random.normal(UInt64(i))) }
    // Id 0 is a word of the paper's layout and open_clip's padding.
    captions = PackedCaptions([
      [2, 5, 0, 9, 3], [2, 3], [2, 7, 7, 7, 11, 22, 4, 3], [2, 21, 3], [2, 5, 9, 20, 3],
    ])
  }

  private static func shape(_ kind: Kind) throws -> ModelConfiguration {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    shape.joint = 7
    (shape.image.size, shape.image.patch, shape.image.queries) = (9, 4, 3)
    (shape.image.width, shape.image.heads, shape.image.layers, shape.image.mlp) = (12, 3, 2, 20)
    (shape.text.width, shape.text.heads, shape.text.layers, shape.text.mlp) = (10, 2, 2, 14)
    shape.text.context = 8
    (shape.multimodal.heads, shape.multimodal.mlp) = (5, 18)
    switch kind {
    case .cascade: break
    case .parallel: shape.poolers = .parallel
    case .unpooled: shape.poolers = .none
    case .shared:
      (shape.layout, shape.poolers, shape.joint, shape.image.poolerHeads) = (
        .openclip, .shared, 10, 2
      )
    case .legacy:
      (shape.layout, shape.poolers, shape.joint, shape.image.poolerHeads) = (
        .openclip, .shared, 10, 5
      )
      (shape.text.clsMask, shape.activation, shape.image.preNorm) = (.legacy, .quickGELU, false)
      (shape.image.layerScale, shape.text.layerScale, shape.multimodal.layerScale) = (0.7, 0.6, 0.8)
      shape.image.size = ModelConfiguration.Extent(height: 9, width: 13)
      shape.image.patch = ModelConfiguration.Extent(height: 4, width: 3)
    case .bare:
      (shape.layout, shape.poolers, shape.text.width, shape.multimodal.heads) = (
        .openclip, .none, 12, 3
      )
    }
    try #require(shape.fault() == nil)
    return shape
  }

  func part(_ range: Range<Int>) -> (Tensor, PackedCaptions) {
    let shape = Array(images.shape.dropFirst()), size = shape.reduce(1, *)
    return (
      images.slice(at: range.lowerBound * size, shape: [range.count] + shape),
      PackedCaptions(range.map { Array(captions[$0]) })
    )
  }

  /// The likeliest caption of each image, id by id.
  func greedyCaptions(prompt: [Int32], end: Int32, maximum: Int = 8) -> [[Int32]] {
    model.captions(images, prompt: prompt, end: end, maximumTokens: maximum).map { $0[0].ids }
  }
}
