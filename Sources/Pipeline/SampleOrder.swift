import Synchronization

/// A pair of a step with the place of its sample.
struct LocatedPair: Sendable {
  var source: Int
  var number: Int
  var epoch: Int
  var lane: Int
  /// The sample's own number in its source, the same in every epoch.
  var sample: Int
  var address: SampleAddress
}

/// Turns a step's plan into addresses: the only place where the order meets real shards.
///
/// Memory: a table of shards for each of the latest epochs, and within a step the frame counts of
/// the shards it touches.
final class SampleOrder: Sendable {
  /// Frames' worth of samples that a lane's run is shuffled in.
  static let blockFrames = 4

  let plan: BatchPlan
  private let seed: UInt64
  private let sources: [ShardList]
  private let epochs: RecentlyUsed<EpochOrder.Name, EpochOrder>

  init(plan: BatchPlan, seed: UInt64, sources: [ShardList]) {
    self.plan = plan
    self.seed = seed
    self.sources = sources
    epochs = RecentlyUsed(limit: 2 * sources.count)
  }

  /// The pairs that a rank reads in a step, in the plan's order.
  ///
  /// - Parameter frameSamples: the sample counts of a shard's frames.
  func pairs(
    step: Int, rank: Int, size: Int, frameSamples: (SampleAddress.Shard) throws -> [Int]
  ) throws -> [LocatedPair] {
    var shards: [ShardOfEpoch: FrameTable] = [:]
    var pairs: [LocatedPair] = []
    for run in plan.runs(step: step, rank: rank, size: size) {
      let order = epoch(EpochOrder.Name(seed: seed, source: run.source, epoch: run.epoch))
      let positions = order.positions(lane: run.lane, places: run.places)
      for (place, position) in positions.enumerated() {
        let (shard, offset) = order.shard(at: position)
        let key = ShardOfEpoch(
          shard: .init(source: run.source, shard: shard), epoch: run.epoch)
        let table = try shards[key] ?? FrameTable(order.name, key, frameSamples(key.shard))
        shards[key] = table
        let (frame, sample) = table.order.frame(at: offset)
        pairs.append(
          LocatedPair(
            source: run.source, number: run.firstNumber + place * plan.lanes.count,
            epoch: run.epoch, lane: run.lane,
            sample: sources[run.source].starts[shard] + table.starts[frame] + sample,
            address: .init(frame: .init(shard: key.shard, frame: frame), sample: sample)))
      }
    }
    return pairs
  }

  private struct ShardOfEpoch: Hashable {
    var shard: SampleAddress.Shard
    var epoch: Int
  }

  private struct FrameTable {
    let order: FrameOrder
    let starts: [Int]

    init(_ name: EpochOrder.Name, _ key: ShardOfEpoch, _ frameSamples: [Int]) {
      order = FrameOrder(name, shard: key.shard.shard, frameSamples: frameSamples)
      starts = runningTotals(frameSamples)
    }
  }

  private func epoch(_ name: EpochOrder.Name) -> EpochOrder {
    let list = sources[name.source]
    return epochs.value(name, cost: { _ in 1 }) {
      EpochOrder(
        name, shardSamples: list.samples, lanes: plan.lanes,
        blockSamples: max(1, Self.blockFrames * list.count / max(1, list.frames)))
    }
  }
}
