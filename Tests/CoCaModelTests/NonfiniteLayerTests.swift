import Autograd
import CoCaModel
import Testing

@Suite("The first layer that is not finite")
struct NonfiniteLayerTests {
  @Test("is the layer whose weight is broken, in the order of the forward pass", arguments: [
    ("imageEncoder.patchEmbedding.weight", "imageEncoder.patchEmbedding"),
    ("imageEncoder.layers.1.mlp.hidden.bias", "imageEncoder.layers.1.mlp.hidden"),
    ("captionPooler.inputNorm.gain", "captionPooler.inputNorm"),
    ("unimodal.layers.0.attention.query.weight", "unimodal.layers.0.attention.query"),
    ("multimodal.norm.bias", "multimodal.norm"),
  ])
  func layer(parameter: String, layer: String) throws {
    let small = try SmallModel()
    let (images, captions) = small.part(0..<2)
    let pairs = Pairs(images, captions)
    #expect(small.model.firstNonfiniteLayer(pairs) == nil)
    // A later layer that is broken too is not named.
    try #require(small.model.parameters["multimodal.norm.bias"]).value.pointer[0] = .nan
    try #require(small.model.parameters[parameter]).value.pointer[0] = .infinity
    #expect(small.model.firstNonfiniteLayer(pairs) == layer)
  }
}
