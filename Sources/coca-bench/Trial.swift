import ArgumentParser
import Checkpoints
import CoCaModel
import Collectives
import Optimizers
import Tensors
import Text

/// The model and the batch of a trial.
struct TrialWork: ParsableArguments {
  @Option(help: "A preset.") var model = "base"
  @Option(help: "coca, contrastive or caption.") var objective = ObjectiveName.coca
  @Option(help: "safetensors with images [n, 3, h, w] and ids [n, context]; default: random.")
  var batch: String?
  @Option(help: "Pairs of a random batch.") var pairs = 32
  @Option(help: "Tokens of a random caption.") var tokens = 12

  func validate() throws {
    guard pairs > 0, tokens > 1 else {
      throw ValidationError("--pairs is above 0, --tokens above 1: a caption's start and end.")
    }
  }

  func trial() throws -> Trial {
    guard let batch else {
      return try Trial(preset: model, objective: objective, pairs: pairs, tokens: tokens)
    }
    guard let shape = ModelConfiguration.preset(model, for: objective) else {
      throw ValidationError("unknown model \(model)")
    }
    let files = try TensorFiles(file: batch)
    let images = try files.tensor("images"), ids = try files.tensor("ids")
    let captions = PackedCaptions((0..<ids.rows).map { row in
      ids.rows(row..<row + 1).values.map { Int32($0) }.trimmed
    })
    let model = CoCa(shape, vocabularySize: 0)
    guard captions.ids.allSatisfy({ (0..<model.vocabularySize).contains(Int($0)) }) else {
      throw ValidationError("\(batch): an id is not below the model's \(model.vocabularySize)")
    }
    return Trial(model, objective.terms, images, captions)
  }
}

extension ObjectiveName: ExpressibleByArgument {}

extension ModelConfiguration {
  /// A preset with no other heads than an objective needs.
  fileprivate static func preset(_ name: String, for objective: ObjectiveName) -> Self? {
    var shape = preset(name)
    shape?.heads = objective.terms.heads
    return shape
  }
}

extension [Int32] {
  /// The ids without the zeros that pad them.
  fileprivate var trimmed: [Int32] { Array(self[...(lastIndex { $0 != 0 } ?? 0)]) }
}

/// A model and a batch for measuring steps.
final class Trial {
  let model: CoCa
  let terms: [WeightedTerm]
  let images: Tensor
  let captions: PackedCaptions
  let optimizer: any Optimizer
  let clock = StepClock()

  init(_ model: CoCa, _ terms: [WeightedTerm], _ images: Tensor, _ captions: PackedCaptions) {
    self.model = model
    self.terms = terms
    self.images = images
    self.captions = captions
    model.parameters.allocate(training: true)
    model.parameters.initialize(seed: 0)
    optimizer = AdamW(model.parameters, OptimizerSettings(AdamW.self))
  }

  /// Random pictures and captions of one length.
  /// - Parameter vocabulary: used where the preset has none.
  convenience init(
    preset name: String, objective: ObjectiveName = .coca, pairs: Int, tokens: Int,
    vocabulary: Int = 16_000
  ) throws {
    guard let shape = ModelConfiguration.preset(name, for: objective) else {
      throw ValidationError("unknown model \(name)")
    }
    let model = CoCa(shape, vocabularySize: vocabulary)
    let size = shape.image.size
    let images = Tensor.zeros([pairs, 3, size.height, size.width])
    for index in stride(from: 0, to: images.count, by: 5) { images.pointer[index] = 1 }
    let caption = (0..<tokens).map { Int32(($0 * 37 + 3) % model.vocabularySize) }
    self.init(
      model, objective.terms, images, PackedCaptions(Array(repeating: caption, count: pairs)))
  }

  /// Floating-point operations of a step.
  var cost: Double {
    Cost(model.configuration, vocabularySize: model.vocabularySize).step(captions)
  }

  /// - Parameter microbatch: pairs per forward pass; nil: all.
  func step(microbatch: Int? = nil) throws -> [String: Double] {
    clock.reset()
    let start = ContinuousClock.now
    try gradients(microbatch)
    try clock.measure(.optimizer) {
      try Profile.measure("AdamW", bytes: 7 * model.parameters.values.bytes) {
        try optimizer.update(learningRate: 1e-5, gradientScale: 1)
      }
    }
    let total = (ContinuousClock.now - start) / .seconds(1)
    return Dictionary(
      uniqueKeysWithValues: clock.seconds.map { ($0.key.rawValue, $0.value) } + [("total", total)])
  }

  private func gradients(_ microbatch: Int? = nil) throws {
    clock.measure(.backward) { model.parameters.clearGradients() }
    _ = try Objective(
      model, terms, microbatch: microbatch, over: SoloCommunicator(), clock: clock
    ).backward(Pairs(images, captions))
  }

  func products() throws -> [GEMM.Product] {
    try GEMM.recording { try gradients() }
  }
}
