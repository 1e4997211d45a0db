import Autograd
import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing
import Text

@Suite("Two passes over the texts")
struct TwoPassTests {
  @Test("have the weights of one pass, and predict what it predicts")
  func captions() throws {
    let one = try SmallModel(), two = try SmallModel(textPasses: .two)
    #expect(
      one.model.parameters.parameters.map(\.name) == two.model.parameters.parameters.map(\.name))
    func logits(_ small: SmallModel) -> Tensor { small.model.logits(small.images, small.captions) }
    expectClose(logits(two), logits(one), relative: 1e-5, "logits")
    func captions(_ small: SmallModel) -> [[Int32]] {
      small.greedyCaptions(prompt: [2], end: 3)
    }
    #expect(captions(one) == captions(two))
  }

  @Test("give embeddings of both halves' layers, in which ids see those behind them")
  func embeddings() throws {
    let small = try SmallModel(textPasses: .two)
    let texts = PackedCaptions([[2, 5, 9, 3]])
    let before = small.model.textEmbeddings(texts).values
    let mlp = try #require(small.model.parameters["multimodal.layers.0.mlp.output.bias"])
    mlp.value.pointer[0] += 1
    #expect(small.model.textEmbeddings(texts).values != before)
    let image = try #require(
      small.model.parameters["multimodal.layers.0.crossAttention.output.bias"])
    let read = small.model.textEmbeddings(texts).values
    image.value.fill(3)
    #expect(small.model.textEmbeddings(texts).values == read)
  }

  @Test("have the gradients of central differences, with recomputed layers the same bits")
  func gradients() throws {
    let small = try SmallModel(textPasses: .two)
    let pairs = Pairs(small.images, small.captions)
    let objective = Objective(small.model, .coca, over: SoloCommunicator())
    try checkGradients(
      of: small.model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
    func gradients(_ recomputes: Bool) throws -> [Float] {
      small.model.parameters.gradients.fill(0)
      let objective = Objective(
        small.model, .coca, recomputesBlocks: recomputes, over: SoloCommunicator())
      _ = try objective.backward(pairs)
      return small.model.parameters.gradients.values
    }
    let isEqual = try gradients(true) == gradients(false)
    #expect(isEqual)
  }

  @Test("take the operations that are counted")
  func cost() async {
    await #expect(processExitsWith: .success) {
      var shape = try #require(ModelConfiguration.preset("tiny"))
      shape.textPasses = .two
      let model = CoCa(shape, vocabularySize: 1000)
      model.parameters.allocate(training: true)
      model.parameters.initialize(seed: 1)
      let images = Tensor.zeros([8, 3, shape.image.size.height, shape.image.size.width])
      let texts = PackedCaptions(Array(repeating: (1...12).map { Int32($0) }, count: 8))
      let objective = Objective(model, .coca, over: SoloCommunicator())
      let made = try GEMM.recording { _ = try objective.evaluate(Pairs(images, texts)) }
        .reduce(0) { $0 + $1.operations }
      let cost = Cost(shape, vocabularySize: 1000)
      let counted = 8 * (cost.image + cost.text(tokens: 12))
      #expect(abs(counted / made - 1) < 0.02, "\(counted), \(made)")
    }
  }

  @Test("stand in the configuration's file, and need both heads and the paper's layout")
  func file() throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    let one = String(decoding: try JSONEncoder().encode(shape), as: UTF8.self)
    #expect(!one.contains("text_passes"))
    shape.textPasses = .two
    let data = try JSONEncoder().encode(shape)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == shape)
    #expect(shape.fault() == nil)
    shape.heads = [.caption]
    #expect(shape.fault()?.hasPrefix("text_passes") == true)
    (shape.heads, shape.layout, shape.poolers) = (.coca, .openclip, .shared)
    #expect(shape.fault() != nil)
  }
}
