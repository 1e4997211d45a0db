import ArgumentParser
import Foundation
import Pipeline
import Records
import Tensors

/// What the data order costs and how well it is mixed, for sets that need not exist.
struct OrderBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order", abstract: "Index, a step's positions, and the quality of the shuffle.")

  @Option(help: "Samples of the index.") var samples = 10_000_000

  private static let lanes = Lanes(count: 240)
  private static let epochs = 4

  func run() throws {
    print("index of \(samples) samples")
    print("shards     JSON MB  load s  memory MB  step 0 ms  step 500,000 ms")
    for shards in [2_000, 20_000, 100_000] { try index(shards: shards) }
    print("""

      A set packed in the order of its numbers, read over 240 lanes, against a full shuffle; means
      of four epochs
      neighbours: correlation of a number with the next one's; clumping: the variance of a batch's
      mean number over that of a full shuffle (1: as good as one)
      samples  shard  frame  batch   neighbours  in a lane  clumping    full shuffle
      """)
    for (samples, shard, frame, batch) in Self.sets {
      quality(samples: samples, shard: shard, frame: frame, batch: batch)
    }
  }

  private static let sets = [
    (1_000_000, 5_000, 20, 256), (1_000_000, 5_000, 20, 4096), (1_000_000, 1_000, 20, 4096),
    (1_000_000, 100, 20, 4096), (1_000_000, 5_000, 5, 4096),
  ]

  private func index(shards: Int) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("order-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = (0..<shards).map { shard in
      RecordIndex.Shard(
        file: "web-\(String(repeating: "0", count: 6 - "\(shard)".count))\(shard).tar.zst",
        bytes: 250_000_000, frames: 260, samples: samples / shards)
    }
    try RecordIndex(origin: "nowhere", shards: entries).write(to: folder)
    let size = try Data(contentsOf: folder.appendingPathComponent(RecordIndex.fileName)).count
    let before = peakBytes(), start = ContinuousClock.now
    let set = try RecordSet(directory: folder)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let memory = Double(peakBytes() - before) / 1e6
    let counts = set.index.shards.map(\.samples)
    let plan = BatchPlan(
      mixture: try Mixture(batch: 4096, weights: [nil], samples: [set.index.samples]),
      lanes: Lanes(count: 240), samples: [set.index.samples])
    let steps = [0, 500_000].map { step in
      1000 * bestSeconds(3) { _ = positions(plan, counts, step: step) }
    }
    print(
      pad("\(shards)", 6), pad(fixed(Double(size) / 1e6, 1), 11), pad(fixed(seconds, 3), 7),
      pad(fixed(memory, 1), 10), pad(fixed(steps[0], 1), 10), pad(fixed(steps[1], 1), 16))
  }

  /// Makes the order of the step's epoch anew, and every position of the step in it.
  private func positions(_ plan: BatchPlan, _ counts: [Int], step: Int) -> Int {
    var found = 0
    for run in plan.runs(step: step, rank: 0, size: 1) {
      let order = EpochOrder(
        .init(seed: 0, source: 0, epoch: run.epoch), shardSamples: counts,
        frames: counts.count * 260, lanes: plan.lanes)
      guard found == 0 else { return found }
      found = order.positions(lane: run.lane, places: run.places).count
    }
    return found
  }

  private func quality(samples: Int, shard: Int, frame: Int, batch: Int) {
    let epochs = (0..<Self.epochs).map { lanes(samples, shard, frame, epoch: $0) }
    let read = epochs.map { runs in
      (0..<samples).map { runs[Self.lanes.lane(of: $0)][Self.lanes.place(of: $0)] }
    }
    let full = CounterRandom(seed: 7).shuffled((0..<samples).map(Double.init))
    print(
      pad("\(samples)", 7), pad("\(shard)", 6), pad("\(frame)", 6), pad("\(batch)", 6),
      pad(fixed(mean(read.map(correlation)), 4), 12),
      pad(fixed(mean(epochs.joined().map(correlation)), 4), 10),
      pad(fixed(mean(read.map { clumping($0, batch) }), 2), 9),
      pad("\(fixed(correlation(full), 4)), \(fixed(clumping(full, batch), 2))", 15))
  }

  /// The numbers that each lane reads in an epoch.
  private func lanes(_ samples: Int, _ shard: Int, _ frame: Int, epoch: Int) -> [[Double]] {
    let order = EpochOrder(
      .init(seed: 7, source: 0, epoch: epoch),
      shardSamples: Array(repeating: shard, count: samples / shard), frames: samples / frame,
      lanes: Self.lanes)
    let shards = (0..<samples / shard).map {
      FrameOrder(order.name, shard: $0, frameSamples: Array(repeating: frame, count: shard / frame))
    }
    return (0..<Self.lanes.count).map { lane in
      let count = Self.lanes.run(of: lane, samples: samples).count
      return order.positions(lane: lane, places: 0..<count).map { position in
        let (number, offset) = order.shard(at: position)
        let (place, sample) = shards[number].frame(at: offset)
        return Double(number * shard + place * frame + shards[number].samples(of: place)[sample])
      }
    }
  }

  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  private func correlation(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let product = zip(values, values.dropFirst()).reduce(0) {
      $0 + ($1.0 - mean) * ($1.1 - mean)
    }
    return product / square
  }

  /// The variance of the batches' means divided by that of independent draws without repetition.
  private func clumping(_ values: [Double], _ batch: Int) -> Double {
    let total = Double(values.count), mean = values.reduce(0, +) / total
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / total
    let batches = values.count / batch
    let means = (0..<batches).map { number in
      values[(number * batch)..<((number + 1) * batch)].reduce(0, +) / Double(batch)
    }
    let found = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(batches)
    return found / (variance / Double(batch) * (total - Double(batch)) / (total - 1))
  }
}
