import Autograd
import CoCaModel
import Collectives
import Foundation
import Optimizers
import Tensors
import TestSupport
import Testing
import Text

/// One way of making ten steps of the tiny model: how many ranks, and every option that must not
/// matter to the result.
struct RankCombination: Sendable, CustomTestStringConvertible {
  let ranks: Int
  let microbatch: Int?
  let isSharded: Bool
  let recomputes: Bool
  let exchange: ContrastiveExchange
  let overlap: GradientReducer.Overlap

  /// One rank and no option.
  static let plain = RankCombination(1, 0)

  /// All of them with `COCA_MATRIX=all`, else a dozen in which every two values of two options
  /// meet.
  static var chosen: [RankCombination] { isComplete ? all : covering }

  private static let isComplete = ProcessInfo.processInfo.environment["COCA_MATRIX"] == "all"

  /// All, or of the dozen those where threads meet.
  static var repeated: [RankCombination] {
    isComplete ? all : covering.filter { $0.ranks > 1 && $0.overlap == .thread }
  }

  private static let all = [1, 2, 3, 4, 8].flatMap { ranks in
    (0..<16).map { RankCombination(ranks, $0) }
  }

  private static let covering = [
    (1, 0b0000), (1, 0b1111), (2, 0b0001), (2, 0b1110), (3, 0b0101), (3, 0b1010), (3, 0b1100),
    (4, 0b0011), (4, 0b1100), (8, 0b0110), (8, 0b1001), (8, 0b0111),
  ].map { RankCombination($0.0, $0.1) }

  private init(_ ranks: Int, _ bits: Int) {
    self.ranks = ranks
    microbatch = bits & 1 == 0 ? nil : 2
    isSharded = bits & 2 != 0
    recomputes = bits & 4 != 0
    exchange = bits & 8 == 0 ? .gather : .ring
    // Changes no bit, so it needs no combinations of its own.
    overlap = GradientReducer.Overlap.allCases[(bits + ranks) % 3]
  }

  var testDescription: String {
    "\(ranks) ranks, \(microbatch == nil ? "whole" : "micro-batches"), "
      + "\(isSharded ? "sharded" : "replicated"), recompute \(recomputes ? "on" : "off"), "
      + "\(exchange.rawValue), overlap \(overlap.rawValue)"
  }
}

/// What a combination ends with, tensor by tensor.
struct RankMatrixResult: Sendable, Equatable {
  let names: [String]
  /// Of the first step, summed over ranks.
  let gradients: [[Float]]
  let start: [[Float]]
  /// After ten steps.
  let weights: [[Float]]
}

/// Ten steps of the tiny model on seven ragged pairs a step: of eight ranks one has none.
enum RankMatrix {
  private static let pairs = 7
  private static let steps = 10
  private static let vocabulary = 300

  /// - Returns: the ranks' results, which must be one.
  static func run(_ combination: RankCombination) throws -> [RankMatrixResult] {
    try ThreadRanks.run(combination.ranks) { try train(combination, over: $0) }
  }

  private static func train(
    _ combination: RankCombination, over ranks: any Communicator
  ) throws -> RankMatrixResult {
    let shape = try #require(ModelConfiguration.preset("tiny"))
    let model = CoCa(shape, vocabularySize: vocabulary)
    model.parameters.allocate(training: true)
    model.parameters.initialize(seed: 1)
    let start = model.parameters.parameters.map(\.value.values)
    // Small buckets, so that there are many.
    var sizes = BucketPlan.Sizes()
    (sizes.bucket, sizes.trip) = (1 << 15, 1 << 14)
    let plan = BucketPlan(
      model.parameters.parameters.map { ($0.rows, $0.width) }, ranks: ranks.size, sizes)
    let reducer = GradientReducer(
      plan, over: ranks, overlap: combination.overlap, isSharded: combination.isSharded)
    try reducer.agree()
    let shard = combination.isSharded ? Shard(plan, over: ranks) : nil
    let optimizer = OptimizerSettings().optimizer(for: model.parameters, shard: shard)
    let objective = Objective(
      model, .coca, microbatch: combination.microbatch,
      recomputesBlocks: combination.recomputes, exchange: combination.exchange, over: ranks,
      completed: { parameter in
        reducer.settle(parameter.index)
        if reducer.wantsMove { try reducer.move() }
      })
    var gradients: [[Float]] = []
    for step in 0..<steps {
      let (images, captions) = batch(step, shape, ranks)
      model.parameters.clearGradients()
      reducer.begin(model.parameters.gradients.buffer)
      _ = try objective.backward(Pairs(images, captions))
      try reducer.finish()
      let norm = try GradientNorm(model.parameters, shard: shard)
      try optimizer.update(learningRate: 1e-3, gradientScale: norm.scale(limit: 1))
      if combination.isSharded {
        try reducer.gather(model.parameters.values.buffer)
        if step == 0 { try reducer.gather(model.parameters.gradients.buffer) }
      }
      if step == 0 { gradients = model.parameters.parameters.map(\.gradient.values) }
      model.clampLogitScale()
    }
    return RankMatrixResult(
      names: model.parameters.parameters.map(\.name), gradients: gradients, start: start,
      weights: model.parameters.parameters.map(\.value.values))
  }

  /// This rank's pairs of a step: every P-th.
  private static func batch(
    _ step: Int, _ shape: ModelConfiguration, _ ranks: any Communicator
  ) -> (Tensor, PackedCaptions) {
    let mine = stride(from: ranks.rank, to: pairs, by: ranks.size).map { $0 }
    let size = 3 * shape.image.size.height * shape.image.size.width
    let images = Tensor([mine.count, 3, shape.image.size.height, shape.image.size.width])
    var captions: [[Int32]] = []
    for (place, pair) in mine.enumerated() {
      let random = CounterRandom(seed: 8, KeyPart(step), KeyPart(pair))
      for i in 0..<size { images.pointer[place * size + i] = Float(random.normal(UInt64(i))) }
      let words = 1 + Int(random.below(12, at: 1 << 40))
      captions.append(
        [2] + (0..<words).map { Int32(4 + random.below(290, at: UInt64($0) + 1 << 41)) } + [3])
    }
    return (images, PackedCaptions(captions))
  }
}
