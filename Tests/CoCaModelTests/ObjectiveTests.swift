import Autograd
import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing
import Text

@Suite("The objective")
struct ObjectiveTests {
  private let ranks = SoloCommunicator()

  @Test("gradients of both losses equal central differences", arguments: SmallModel.Kind.allCases)
  func gradients(kind: SmallModel.Kind) throws {
    let small = try SmallModel(kind)
    let objective = Objective(small.model, .coca, over: ranks)
    try checkGradients(
      of: small.model.parameters, elements: 3, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(Pairs(small.images, small.captions)) },
      loss: { try objective.evaluate(Pairs(small.images, small.captions)).total })
  }

  @Test(
    "micro-batches change nothing but rounding", arguments: 1...5,
    [SmallModel.Kind.cascade, .legacy, .bare])
  func microbatches(size: Int, kind: SmallModel.Kind) throws {
    let small = try SmallModel(kind)
    func gradients(_ microbatch: Int?) throws -> (Losses, Tensor) {
      small.model.parameters.gradients.fill(0)
      let objective = Objective(
        small.model, .coca, microbatch: microbatch, over: ranks)
      let losses = try objective.backward(Pairs(small.images, small.captions))
      return (losses, small.model.parameters.gradients.copy())
    }
    let (whole, expected) = try gradients(nil)
    let (cut, found) = try gradients(size)
    #expect(abs(whole.contrastive - cut.contrastive) < 1e-6)
    #expect(abs(whole.caption - cut.caption) < 1e-6)
    #expect(whole.imageToTextAccuracy == cut.imageToTextAccuracy)
    // What rounding means here: two last places of every pixel move the gradient so far. They are
    // only part of what rounds.
    for i in 0..<small.images.count { small.images.pointer[i] *= 1 + 2.4e-7 }
    let (_, moved) = try gradients(nil)
    #expect(distance(found, expected) <= 4 * distance(moved, expected))
  }

  @Test("operations that are counted are those of the products, in both layouts", arguments: [
    "tiny", "shared",
  ])
  func cost(name: String) async {
    await #expect(processExitsWith: .success) { [name = name as String] in
      var shape = try #require(ModelConfiguration.preset("tiny"))
      if name == "shared" { (shape.layout, shape.poolers) = (.openclip, .shared) }
      let model = CoCa(shape, vocabularySize: 1000), pairs = 8
      model.parameters.allocate(training: true)
      model.parameters.initialize(seed: 1)
      let images = Tensor.zeros([pairs, 3, shape.image.size.height, shape.image.size.width])
      let caption = (0..<12).map { Int32($0 + 1) }
      let captions = PackedCaptions(Array(repeating: caption, count: pairs))
      let objective = Objective(model, .coca, over: SoloCommunicator())
      func made(_ pass: () throws -> Void) rethrows -> Double {
        try GEMM.recording(pass).reduce(0) { $0 + $1.operations }
      }
      let forward = try made { _ = try objective.evaluate(Pairs(images, captions)) }
      let both = try made { _ = try objective.backward(Pairs(images, captions)) }
      let cost = Cost(shape, vocabularySize: 1000)
      let counted = Double(pairs) * (cost.image + cost.text(tokens: 12))
      #expect(abs(counted / forward - 1) < 0.02, "\(counted), \(forward)")
      // The backward pass makes scores and logits again.
      let step = cost.step(captions)
      #expect(0.85 * both < step && step < both, "\(step), \(both)")
    }
  }

  @Test("recomputed blocks change not a bit", arguments: SmallModel.Kind.allCases)
  func recomputation(kind: SmallModel.Kind) throws {
    let small = try SmallModel(kind)
    func gradients(_ recomputesBlocks: Bool) throws -> (Losses, [Float]) {
      small.model.parameters.gradients.fill(0)
      let objective = Objective(
        small.model, .coca, recomputesBlocks: recomputesBlocks, over: ranks)
      let losses = try objective.backward(Pairs(small.images, small.captions))
      return (losses, small.model.parameters.gradients.values)
    }
    let (kept, expected) = try gradients(false), (again, found) = try gradients(true)
    #expect(kept.total == again.total)
    #expect(expected == found)
  }

  @Test(
    "a batch of ragged captions equals the captions one by one",
    arguments: SmallModel.Kind.allCases)
  func packing(kind: SmallModel.Kind) throws {
    let small = try SmallModel(kind)
    let together = small.model.textEmbeddings(small.captions)
    for index in 0..<small.captions.count {
      let (image, caption) = small.part(index..<index + 1)
      expectClose(
        small.model.textEmbeddings(caption), together.rows(index..<index + 1), relative: 1e-5,
        "caption \(index)")
      let all = small.model.imageEmbeddings(small.images)
      expectClose(
        small.model.imageEmbeddings(image), all.rows(index..<index + 1), relative: 1e-5,
        "image \(index)")
    }
  }

  @Test("no token sees a later one, and none sees the CLS")
  func causality() throws {
    let small = try SmallModel()
    func captionLoss(_ last: Int32) throws -> Double {
      small.model.parameters.gradients.fill(0)
      let captions = PackedCaptions([[2, 5, 9, last]])
      let objective = Objective(
        small.model, [WeightedTerm(CaptionTerm(), 1)], over: ranks)
      _ = try objective.backward(Pairs(small.part(0..<1).0, captions))
      // The last id is a target only: nothing that is predicted can depend on reading it.
      let table = try #require(small.model.parameters["unimodal.tokenTable"])
      let row = table.gradient.rows(Int(last)..<Int(last) + 1).values
      return row.reduce(0) { $0 + Double(abs($1)) }
    }
    #expect(try captionLoss(17) == 0)
    let cls = try #require(small.model.parameters["unimodal.cls"])
    #expect(cls.gradient.values.allSatisfy { $0 == 0 })
  }

  @Test("contrastive loss equals the whole matrix in double precision")
  func contrastive() throws {
    let small = try SmallModel()
    let x = small.model.imageEmbeddings(small.images)
    let y = small.model.textEmbeddings(small.captions)
    let n = x.rows, scale = 1 / 0.07
    let scores = (0..<n).map { i in
      (0..<n).map { j in
        scale * (0..<x.width).reduce(0.0) {
          $0 + Double(x.pointer[i * x.width + $1]) * Double(y.pointer[j * x.width + $1])
        }
      }
    }
    func logSumExp(_ values: [Double]) -> Double {
      let top = values.max() ?? 0
      return top + log(values.reduce(0) { $0 + exp($1 - top) })
    }
    let rows = (0..<n).reduce(0.0) { $0 + logSumExp(scores[$1]) - scores[$1][$1] }
    let columns = (0..<n).reduce(0.0) { sum, j in
      sum + logSumExp(scores.map { $0[j] }) - scores[j][j]
    }
    let losses = try Objective(small.model, .coca, over: ranks)
      .backward(Pairs(small.images, small.captions))
    #expect(abs(losses.contrastive - (rows + columns) / Double(2 * n)) < 1e-5)
  }

  @Test("with a vocabulary projection of zeros the caption loss is ln of the vocabulary")
  func uniformCaptionLoss() throws {
    let small = try SmallModel()
    try #require(small.model.parameters["vocabularyProjection"]).value.fill(0)
    let losses = try Objective(small.model, .coca, over: ranks)
      .evaluate(Pairs(small.images, small.captions))
    #expect(abs(losses.caption - log(Double(SmallModel.vocabulary))) < 1e-6)
    #expect(losses.targets == small.captions.ids.count - small.captions.count)
  }
}
