import Autograd
import CoCaModel
import Collectives
import Optimizers
import Tensors
import TestSupport
import Testing
import Text

@Suite("Frozen tensors")
struct FrozenTests {
  static let choices = [
    ["imageEncoder"], ["unimodal"], ["multimodal", "vocabularyProjection"],
    ["imageEncoder.patchEmbedding", "imageEncoder.positions", "imageEncoder.layers.0"],
    ["captionPooler.queries", "contrastivePooler.attention.query", "textProjection", "logitScale"],
    ["unimodal.layers.0.attention.key.weight", "multimodal.layers.0.crossAttention.value"],
  ]

  private func gradients(
    _ kind: SmallModel.Kind, _ prefixes: [String], microbatch: Int?, recomputesBlocks: Bool
  ) throws -> (losses: Losses, gradients: [String: [Float]], told: [Int]) {
    let small = try SmallModel(kind, frozen: FrozenTensors(prefixes))
    var told: [Int] = []
    let losses = try Objective(
      small.model, .coca, microbatch: microbatch, recomputesBlocks: recomputesBlocks,
      over: SoloCommunicator(), completed: { told.append($0.index) }
    ).backward(Pairs(small.images, small.captions))
    let trained = small.model.parameters.trained
    return (
      losses,
      Dictionary(uniqueKeysWithValues: trained.map { ($0.name, $0.gradient.values) }), told
    )
  }

  @Test(
    "leave every bit of the other gradients as it is",
    arguments: [SmallModel.Kind.cascade, .legacy], choices)
  func others(kind: SmallModel.Kind, prefixes: [String]) throws {
    for (microbatch, recomputes) in [(nil, false), (2, true)] as [(Int?, Bool)] {
      func run(_ prefixes: [String]) throws -> (
        losses: Losses, gradients: [String: [Float]], told: [Int]
      ) {
        try gradients(kind, prefixes, microbatch: microbatch, recomputesBlocks: recomputes)
      }
      let all = try run([]), part = try run(prefixes)
      #expect(part.losses.total == all.losses.total)
      let frozen = FrozenTensors(prefixes)
      #expect(Set(part.gradients.keys) == Set(all.gradients.keys.filter { !frozen.contains($0) }))
      for (name, gradient) in part.gradients {
        let isEqual = gradient == all.gradients[name]
        #expect(isEqual, "\(name)")
      }
      #expect(part.told.sorted() == Array(0..<part.gradients.count))
    }
  }

  @Test("keep their values through updates and have no state", arguments: OptimizerName.allCases)
  func updates(name: OptimizerName) throws {
    let small = try SmallModel(frozen: FrozenTensors(["imageEncoder", "logitScale"]))
    let parameters = small.model.parameters
    let before = parameters.parameters.map(\.value.values)
    let optimizer = OptimizerSettings(name.type).optimizer(for: parameters)
    _ = try Objective(small.model, .coca, over: SoloCommunicator())
      .backward(Pairs(small.images, small.captions))
    try optimizer.update(learningRate: 1e-2, gradientScale: 1)
    for (parameter, values) in zip(parameters.parameters, before) {
      let isSame = parameter.value.values == values
      #expect(isSame != parameter.isTrained, "\(parameter.name)")
    }
    #expect(optimizer.state.allSatisfy { !$0.name.contains("imageEncoder") })
    #expect(optimizer.state.allSatisfy { !$0.name.contains("logitScale") })
    #expect(GradientNorm(parameters).norms.count == parameters.trained.count)
  }

  @Test("are those whose names begin with whole parts of a prefix")
  func prefixes() {
    let frozen = FrozenTensors(["a.layers.1", "b"])
    #expect(frozen.contains("a.layers.1.mlp.weight") && frozen.contains("b"))
    #expect(!frozen.contains("a.layers.10.mlp.weight") && !frozen.contains("bc"))
    #expect(frozen.unused(among: ["b.x", "a.layers.1.y"]) == nil)
    #expect(frozen.unused(among: ["bc", "a.layers.1.y"]) == "b")
  }

  @Test("take fewer operations, as they are counted", arguments: [
    "imageEncoder", "unimodal", "multimodal", "vocabularyProjection",
  ])
  func cost(prefix: String) async {
    await #expect(processExitsWith: .success) { [prefix = prefix as String] in
      let shape = try #require(ModelConfiguration.preset("tiny"))
      let texts = PackedCaptions(Array(repeating: (1...12).map { Int32($0) }, count: 8))
      func made(_ frozen: FrozenTensors) throws -> (made: Double, counted: Double) {
        let model = CoCa(shape, vocabularySize: 1000)
        model.parameters.freeze { frozen.contains($0.name) }
        model.parameters.allocate(training: true)
        model.parameters.initialize(seed: 1)
        let images = Tensor.zeros([8, 3, shape.image.size.height, shape.image.size.width])
        let objective = Objective(model, .coca, over: SoloCommunicator())
        let products = try GEMM.recording { _ = try objective.backward(Pairs(images, texts)) }
        let cost = Cost(shape, vocabularySize: 1000, frozen: frozen)
        return (products.reduce(0) { $0 + $1.operations }, cost.step(texts))
      }
      let all = try made(.none), part = try made(FrozenTensors([prefix]))
      // The backward pass makes scores again: they are spared too.
      let saved = (all.made - part.made) / (all.counted - part.counted)
      #expect(part.made < all.made && (0.97..<1.1).contains(saved), "\(saved)")
    }
  }

  @Test("keep nothing of the forward pass where nothing before them is trained")
  func memory() async {
    await #expect(processExitsWith: .success) {
      func peak(_ frozen: FrozenTensors) throws -> Int {
        let shape = try #require(ModelConfiguration.preset("tiny"))
        let model = CoCa(shape, vocabularySize: 1000)
        model.parameters.freeze { frozen.contains($0.name) }
        model.parameters.allocate(training: true)
        model.parameters.initialize(seed: 1)
        let images = Tensor.zeros([32, 3, shape.image.size.height, shape.image.size.width])
        let texts = PackedCaptions(Array(repeating: [1, 5, 2], count: 32))
        let objective = Objective(model, .coca, over: SoloCommunicator())
        return try Tensor.peakBytes { _ = try objective.backward(Pairs(images, texts)) }
      }
      // What four layers keep for 36 patches of 32 pictures: 6 rows of the width, and the MLP's.
      let kept = 4 * 4 * 32 * 36 * (6 * 96 + 384)
      let (all, part) = (try peak(.none), try peak(FrozenTensors(["imageEncoder"])))
      #expect(all - part > kept / 2 && part < all / 2, "\(all), \(part)")
    }
  }
}
