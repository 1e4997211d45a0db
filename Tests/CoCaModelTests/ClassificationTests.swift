import Autograd
import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing
import Text

@Suite("Classification")
struct ClassificationTests {
  private static let names = ["a", "b", "c", "d"].map { [$0] }
  private let ranks = SoloCommunicator()

  private static func small(_ loss: ImageClasses.Loss) throws -> (model: CoCa, pairs: Pairs) {
    let small = try SmallModel(
      heads: [.classification],
      classes: ImageClasses(names: names, labels: .labels, loss: loss))
    var pairs = Pairs(small.images, PackedCaptions(Array(repeating: [], count: 5)))
    pairs.classes = [[0], [3], [1, 2], [3], [2]]
    return (small.model, pairs)
  }

  @Test("starts at the entropy of a guess", arguments: ImageClasses.Loss.allCases)
  func start(loss: ImageClasses.Loss) throws {
    let (model, pairs) = try Self.small(loss)
    let found = try Objective(model, .held(by: [.classification]), over: ranks).evaluate(pairs)
    // At a chance of 1/4 each of the 6 right classes costs ln 4, each of the 14 others ln 4/3.
    let guess = loss == .softmax ? log(4) : (6 * log(4) + 14 * log(4.0 / 3)) / 5
    #expect(abs(found.total - guess) < 1e-6)
    #expect(found["classification"]?.count == 5)
  }

  @Test("has the gradients of central differences", arguments: ImageClasses.Loss.allCases)
  func gradients(loss: ImageClasses.Loss) throws {
    let (model, pairs) = try Self.small(loss)
    let random = CounterRandom(seed: 4, "classes")
    let weight = try #require(model.parameters["classProjection.weight"])
    for i in 0..<weight.count { weight.value.pointer[i] = Float(random.normal(UInt64(i))) }
    let objective = Objective(model, .held(by: [.classification]), over: ranks)
    try checkGradients(
      of: model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
  }

  @Test("has the same bits on every number of ranks, by lanes", arguments: [1, 2, 4])
  func lanes(size: Int) throws {
    func run(_ size: Int) throws -> [UInt32] {
      try ThreadRanks.run(size) { ranks in
        let (model, pairs) = try Self.small(.softmax)
        let weight = try #require(model.parameters["classProjection.weight"])
        weight.value.fill(0.1)
        let mine = stride(from: ranks.rank, to: 4, by: size).map { $0 }
        let images = Tensor([mine.count] + pairs.images.shape.dropFirst())
        let length = images.count / max(mine.count, 1)
        for (row, image) in mine.enumerated() {
          (images.pointer + row * length)
            .update(from: pairs.images.pointer + image * length, count: length)
        }
        var share = Pairs(images, PackedCaptions(mine.map { _ in [] }))
        share.classes = mine.map { pairs.classes?[$0] ?? [] }
        let losses = try Objective(model, .held(by: [.classification]), over: ranks)
          .backward(share, lanes: mine.map { _ in 1 })
        try Exchange(ranks).allReduceSum(model.parameters.gradients.buffer)
        let gradients = model.parameters.gradients.values.map(\.bitPattern)
        return [Float(losses.total).bitPattern] + gradients
      }[0]
    }
    let isEqual = try run(size) == run(1)
    #expect(isEqual)
  }

  @Test("has an encoder, a pooler and a head, and nothing for texts")
  func parts() throws {
    let (model, _) = try Self.small(.softmax)
    let parts = Set(
      model.parameters.parameters.compactMap { $0.name.split(separator: ".").first.map(String.init) })
    #expect(parts == ["imageEncoder", "classPooler", "classProjection"])
  }

  @Test("counts the images whose likeliest class is one of theirs")
  func accuracy() throws {
    let (model, pairs) = try Self.small(.softmax)
    // All logits are the bias.
    let bias = try #require(model.parameters["classProjection.bias"])
    bias.value.pointer[3] = 1
    let losses = try Objective(model, .held(by: [.classification]), over: ranks).evaluate(pairs)
    #expect(losses.figure(ClassificationTerm.accuracy, of: "classification")?.value == 0.4)
    let logits = model.classLogits(pairs.images)
    #expect(logits.shape == [5, 4])
  }

  @Test("takes the operations that are counted")
  func cost() async {
    await #expect(processExitsWith: .success) {
      var shape = try #require(ModelConfiguration.preset("tiny"))
      shape.heads = [.classification]
      shape.classes = ImageClasses(
        names: (0..<500).map { ["\($0)"] }, labels: .cls, loss: .softmax)
      let model = CoCa(shape, vocabularySize: 0)
      model.parameters.allocate(training: true)
      model.parameters.initialize(seed: 1)
      let images = Tensor.zeros([8, 3, shape.image.size.height, shape.image.size.width])
      var pairs = Pairs(images, PackedCaptions(Array(repeating: [], count: 8)))
      pairs.classes = Array(repeating: [7], count: 8)
      let objective = Objective(model, .held(by: [.classification]), over: SoloCommunicator())
      let made = try GEMM.recording { _ = try objective.evaluate(pairs) }
        .reduce(0) { $0 + $1.operations }
      let cost = Cost(shape, vocabularySize: 0)
      #expect(abs(8 * cost.image / made - 1) < 0.02 && cost.text(tokens: 0) == 0)
    }
  }

  @Test("stands in the configuration's file with its classes, and needs some")
  func file() throws {
    var shape = try #require(ModelConfiguration.preset("tiny"))
    shape.heads = [.classification]
    #expect(shape.fault() == "classes: there are none")
    shape.classes = ImageClasses(names: [["wren", "bird"]], labels: .cls, loss: .sigmoid)
    #expect(shape.fault() == nil)
    let data = try JSONEncoder().encode(shape)
    #expect(try JSONDecoder().decode(ModelConfiguration.self, from: data) == shape)
    shape.heads = .coca
    #expect(shape.fault() == "classes: no head reads them")
  }
}
