import CoCaModel
import Tensors
import Testing
import Text

/// A model of odd sizes, small enough for central differences, and a ragged batch for it.
struct SmallModel {
  static let vocabulary = 23

  let model: CoCa
  let images: Tensor
  let captions: PackedCaptions

  init(_ poolers: ModelConfiguration.PoolerArrangement = .cascade) throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    shape.joint = 7
    shape.poolers = poolers
    (shape.image.size, shape.image.patch, shape.image.queries) = (9, 4, 3)
    (shape.image.width, shape.image.heads, shape.image.layers, shape.image.mlp) = (12, 3, 2, 20)
    (shape.text.width, shape.text.heads, shape.text.layers, shape.text.mlp) = (10, 2, 2, 14)
    shape.text.context = 8
    (shape.multimodal.heads, shape.multimodal.mlp) = (5, 18)
    model = CoCa(shape, vocabularySize: Self.vocabulary)
    model.parameters.allocate(training: true)
    model.parameters.initialize(seed: 11)
    // Rows far shorter than a difference's step would make LayerNorm look like a kink.
    for parameter in model.parameters.parameters where parameter.kind == .embedding {
      for i in 0..<parameter.count { parameter.value.pointer[i] *= 30 }
    }
    let random = CounterRandom(seed: 2, "pictures")
    images = Tensor([5, 3, 9, 9])
    for i in 0..<images.count { images.pointer[i] = Float(random.normal(UInt64(i))) }
    captions = PackedCaptions([
      [2, 5, 9, 3], [2, 3], [2, 7, 7, 7, 11, 22, 4, 3], [2, 21, 3], [2, 5, 9, 20, 3],
    ])
  }

  func part(_ range: Range<Int>) -> (Tensor, PackedCaptions) {
    let size = 3 * 9 * 9
    return (
      images.slice(at: range.lowerBound * size, shape: [range.count, 3, 9, 9]),
      PackedCaptions(range.map { Array(captions[$0]) })
    )
  }
}
