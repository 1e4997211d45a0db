import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing
import Text

@Suite("A model's heads")
struct HeadTests {
  private let ranks = SoloCommunicator()

  private func small(_ kind: SmallModel.Kind, _ heads: Set<Head>) throws -> SmallModel {
    try SmallModel(kind, heads: heads)
  }

  private func names(_ kind: SmallModel.Kind, _ heads: Set<Head>) throws -> Set<String> {
    Set(try small(kind, heads).model.parameters.parameters.map(\.name))
  }

  @Test("bring the parts they read and no others", arguments: SmallModel.Kind.allCases)
  func parts(kind: SmallModel.Kind) throws {
    let all = try names(kind, .coca)
    func lacks(_ heads: Set<Head>, _ prefixes: [String]) throws {
      let found = try names(kind, heads)
      #expect(
        all.subtracting(found) == all.filter { name in prefixes.contains { name.hasPrefix($0) } })
      #expect(found.isSubset(of: all))
    }
    let captionParts = ["multimodal.", "vocabularyProjection"]
    try lacks([.contrastive], captionParts + (kind == .parallel ? ["captionPooler."] : []))
    try lacks(
      [.caption],
      ["logitScale", "imageProjection.", "textProjection.", "contrastivePooler.", "unimodal.cls",
       "unimodal.norm."])
  }

  @Test(
    "alone has the gradients that a whole model has from its loss",
    arguments: SmallModel.Kind.allCases, [Head.contrastive, .caption])
  func alone(kind: SmallModel.Kind, head: Head) throws {
    let terms = [WeightedTerm].held(by: [head])
    func gradients(_ heads: Set<Head>) throws -> (Losses, [String: [Float]]) {
      let small = try small(kind, heads)
      let losses = try Objective(small.model, terms, over: ranks)
        .backward(Pairs(small.images, small.captions))
      return (
        losses,
        Dictionary(
          uniqueKeysWithValues: small.model.parameters.parameters.map {
            ($0.name, $0.gradient.values)
          })
      )
    }
    let (whole, expected) = try gradients(.coca), (part, found) = try gradients([head])
    #expect(whole.total == part.total)
    for (name, values) in found { #expect(values == expected[name], "\(name)") }
    for (name, values) in expected where found[name] == nil {
      #expect(values.allSatisfy { $0 == 0 }, "\(name) is left out and has a gradient")
    }
  }

  @Test(
    "alone equal central differences",
    arguments: SmallModel.Kind.allCases, [Head.contrastive, .caption])
  func differences(kind: SmallModel.Kind, head: Head) throws {
    let small = try small(kind, [head])
    let objective = Objective(small.model, .held(by: [head]), over: ranks)
    let pairs = Pairs(small.images, small.captions)
    try checkGradients(
      of: small.model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
  }

  @Test("stand in the configuration's file; without them it is a whole CoCa")
  func file() throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    let whole = String(decoding: try JSONEncoder().encode(shape), as: UTF8.self)
    #expect(!whole.contains("\"heads\":["))
    shape.heads = [.caption]
    let part = try JSONEncoder().encode(shape)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: part) == shape)
    #expect(
      try JSONDecoder().decode(ModelConfiguration.self, from: Data(whole.utf8)).heads == .coca)
    shape.heads = []
    #expect(shape.fault()?.hasPrefix("heads") == true)
  }

  @Test("alone take the operations that are counted", arguments: [Head.contrastive, .caption])
  func cost(head: Head) async {
    await #expect(processExitsWith: .success) { [head = head.rawValue as String] in
      let head = try #require(Head(rawValue: head))
      var shape = try #require(ModelConfiguration.preset("tiny"))
      shape.heads = [head]
      let model = CoCa(shape, vocabularySize: 1000), pairs = 8
      model.parameters.allocate(training: true)
      model.parameters.initialize(seed: 1)
      let images = Tensor.zeros([pairs, 3, shape.image.size.height, shape.image.size.width])
      let texts = PackedCaptions(Array(repeating: (1...12).map { Int32($0) }, count: pairs))
      let objective = Objective(model, .held(by: [head]), over: SoloCommunicator())
      let made = try GEMM.recording { _ = try objective.evaluate(Pairs(images, texts)) }
        .reduce(0) { $0 + $1.operations }
      let cost = Cost(shape, vocabularySize: 1000)
      let counted = Double(pairs) * (cost.image + cost.text(tokens: 12))
      #expect(abs(counted / made - 1) < 0.02, "\(counted), \(made)")
    }
  }
}
