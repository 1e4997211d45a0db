import Collectives
import Foundation
import Optimizers
import TestSupport
import Testing

@Suite("A sharded optimizer")
struct ShardTests {
  /// What a rank has after some steps.
  private struct Outcome: Sendable {
    let values: [Float]
    let norms: [Double]
    let nonfinite: [String]
    /// Elements of the state that the rank holds.
    let held: Int
    let parts: [(name: String, held: Range<Int>, values: [Float])]
  }

  private static func run(
    _ name: OptimizerName, over ranks: any Communicator, isSharded: Bool
  ) throws -> Outcome {
    let parameters = Parameters()
    var sizes = BucketPlan.Sizes()
    (sizes.bucket, sizes.trip) = (3000, 1000)
    let plan = BucketPlan(
      parameters.set.parameters.map { ($0.rows, $0.width) }, ranks: ranks.size, sizes)
    let shard = isSharded ? Shard(plan, over: ranks) : nil
    let optimizer = settings(name).optimizer(for: parameters.set, shard: shard)
    let reducer = GradientReducer(plan, over: ranks, isSharded: isSharded)
    var norms: [Double] = []
    for step in 1...4 {
      // Each rank has a share of the gradient; thirds round.
      parameters.setGradients(step: step)
      let gradients = parameters.set.gradients
      for i in 0..<gradients.count { gradients.pointer[i] *= Float(ranks.rank + 1) / 3 }
      reducer.begin(gradients.buffer)
      try reducer.finish()
      let norm = try GradientNorm(parameters.set, shard: shard)
      norms.append(norm.value)
      try optimizer.update(learningRate: 0.01, gradientScale: norm.scale(limit: 1))
      if isSharded { try reducer.gather(parameters.set.values.buffer) }
    }
    parameters.set.gradients.fill(0)
    parameters.set["too few rows"]?.gradient.pointer[99] = .nan
    let nonfinite = try GradientNorm(parameters.set, shard: shard).nonfinite
    return Outcome(
      values: parameters.set.values.values, norms: norms, nonfinite: nonfinite,
      held: optimizer.state.reduce(0) { $0 + $1.tensor.count },
      parts: optimizer.state.map { ($0.name, $0.held, $0.tensor.values) })
  }

  @Test("has the bits of one that is not, in weights, norms and state", arguments:
    OptimizerName.allCases, [1, 2, 3, 4, 5, 8])
  func sameBits(name: OptimizerName, size: Int) throws {
    let whole = try ThreadRanks.run(size) { try Self.run(name, over: $0, isSharded: false) }
    let sharded = try ThreadRanks.run(size) { try Self.run(name, over: $0, isSharded: true) }
    let states = Dictionary(
      uniqueKeysWithValues: whole[0].parts.map { ($0.name, $0.values) })
    for (mine, theirs) in zip(sharded, whole) {
      #expect(mine.values == theirs.values)
      #expect(mine.norms == theirs.norms)
      #expect(mine.nonfinite == ["too few rows"])
      for part in mine.parts {
        #expect(part.values == states[part.name].map { Array($0[part.held]) }, "\(part.name)")
      }
    }
  }

  @Test("holds about its share of the state on each rank, and all of it together", arguments:
    OptimizerName.allCases, [2, 4, 8])
  func memory(name: OptimizerName, size: Int) throws {
    let all = try ThreadRanks.run(1) { try Self.run(name, over: $0, isSharded: true) }[0]
    let parts = try ThreadRanks.run(size) { try Self.run(name, over: $0, isSharded: true) }
    // Every rank has the column moments: they are small beside a model's matrices.
    let columns = all.parts.filter { $0.name.hasPrefix("column") }.reduce(0) { $0 + $1.values.count }
    #expect(parts.reduce(0) { $0 + $1.held - columns } == all.held - columns)
    for part in parts { #expect(part.held - columns < 2 * (all.held - columns) / size) }
  }
}
