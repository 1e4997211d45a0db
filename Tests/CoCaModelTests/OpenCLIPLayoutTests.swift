import CoCaModel
import Collectives
import Tensors
import TestSupport
import Testing
import Text

@Suite("The openclip layout")
struct OpenCLIPLayoutTests {
  private let ranks = SoloCommunicator()

  private func model(_ mask: ModelConfiguration.CLSMask) throws -> CoCa {
    let shape = try SmallModel(.shared).model.configuration
    var changed = shape
    changed.text.clsMask = mask
    let model = CoCa(changed, vocabularySize: SmallModel.vocabulary)
    model.parameters.allocate(training: true)
    model.parameters.initialize(seed: 11)
    return model
  }

  private func textGradients(_ model: CoCa, _ captions: [[Int32]]) throws {
    model.parameters.gradients.fill(0)
    let small = try SmallModel(.shared)
    let objective = Objective(
      model, [WeightedTerm(ContrastiveTerm(), 1)], over: ranks)
    _ = try objective.backward(
      Pairs(small.part(0..<captions.count).0, PackedCaptions(captions)))
  }

  private func isReached(_ model: CoCa, _ name: String, _ row: Int) throws -> Bool {
    let gradient = try #require(model.parameters[name]).gradient
    return gradient.rows(row..<row + 1).values.contains { $0 != 0 }
  }

  @Test("the CLS sees one padding with the legacy mask, and none with the correct one")
  func padding() throws {
    for (mask, seesPadding) in [(ModelConfiguration.CLSMask.legacy, true), (.correct, false)] {
      let model = try model(mask)
      try textGradients(model, [[2, 5, 3], [2, 9, 7, 3]])
      #expect(try isReached(model, "unimodal.tokenTable", 0) == seesPadding)
      // Rows 3 and 4 are the captions' first paddings, 8 is the CLS's.
      #expect(try isReached(model, "unimodal.positions", 4) == seesPadding)
      #expect(try !isReached(model, "unimodal.positions", 5))
      #expect(try isReached(model, "unimodal.positions", 8))
    }
  }

  @Test("a caption as long as the context has no padding, whatever the mask")
  func fullCaption() throws {
    let captions = PackedCaptions([[2, 7, 7, 7, 11, 22, 4, 3]])
    let legacy = try model(.legacy).textEmbeddings(captions)
    let correct = try model(.correct).textEmbeddings(captions)
    #expect(legacy.values == correct.values)
  }

  @Test("written-out padding changes nothing", arguments: ModelConfiguration.CLSMask.allCases)
  func trailingPadding(mask: ModelConfiguration.CLSMask) throws {
    let model = try model(mask)
    let small = try SmallModel(.shared)
    let bare: [[Int32]] = [[2, 5, 3], [2, 9, 0, 7, 3]]
    func losses(padding: Int) throws -> Losses {
      try Objective(model, .coca, over: ranks).evaluate(
        Pairs(
          small.part(0..<2).0,
          PackedCaptions(bare.map { $0 + [Int32](repeating: 0, count: padding) })))
    }
    let expected = try losses(padding: 0)
    for padding in 1...3 {
      let found = try losses(padding: padding)
      #expect(abs(found.contrastive - expected.contrastive) < 1e-5)
      #expect(abs(found.caption - expected.caption) < 1e-5)
      #expect(found.targets == 5, "padding is not predicted")
    }
  }

  @Test("a caption of padding alone has finite losses and gradients")
  func paddingAlone() throws {
    for mask in ModelConfiguration.CLSMask.allCases {
      let model = try model(mask)
      let losses = try Objective(model, .coca, over: ranks).backward(
        Pairs(SmallModel(.shared).part(0..<2).0, PackedCaptions([[0, 0, 0], [2, 5, 3]])))
      #expect(losses.total.isFinite && losses.targets == 2)
      #expect(model.parameters.gradients.values.allSatisfy { $0.isFinite })
    }
  }

  @Test("the mask changes the text embedding and no caption loss")
  func masks() throws {
    let captions = PackedCaptions([[2, 5, 3], [2, 9, 7, 3]])
    let small = try SmallModel(.shared)
    func both(_ mask: ModelConfiguration.CLSMask) throws -> (Tensor, Double) {
      let model = try model(mask)
      let losses = try Objective(model, .coca, over: ranks)
        .evaluate(Pairs(small.part(0..<2).0, captions))
      return (model.textEmbeddings(captions), losses.caption)
    }
    let legacy = try both(.legacy), correct = try both(.correct)
    #expect(legacy.1 == correct.1)
    #expect(zip(legacy.0.values, correct.0.values).contains { abs($0 - $1) > 0.01 })
  }
}
