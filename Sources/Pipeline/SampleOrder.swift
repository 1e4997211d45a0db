import Synchronization

/// A shard in one epoch.
struct ShardOfEpoch: Hashable, Sendable {
  var shard: SampleAddress.Shard
  var epoch: Int
}

/// A pair of a step with the place of its sample.
struct LocatedPair: Sendable {
  var source: Int
  var number: Int
  var epoch: Int
  var lane: Int
  /// The sample's index in its source, the same in every epoch.
  var sample: Int
  var address: SampleAddress
}

/// Turns a step's plan into addresses; only here the order is applied to real shards.
///
/// Memory: a table of shards for each of the latest epochs, and during a step the frame counts of
/// its shards.
final class SampleOrder: Sendable {
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
    var tables: [ShardOfEpoch: FrameTable] = [:]
    var pairs: [LocatedPair] = []
    for run in plan.runs(step: step, rank: rank, size: size) {
      let order = epoch(EpochOrder.Name(seed: seed, source: run.source, epoch: run.epoch))
      let positions = order.positions(lane: run.lane, places: run.places)
      for (place, position) in positions.enumerated() {
        let (shard, offset) = order.shard(at: position)
        let key = ShardOfEpoch(
          shard: .init(source: run.source, shard: shard), epoch: run.epoch)
        let table = try tables[key] ?? FrameTable(order.name, key, frameSamples(key.shard))
        tables[key] = table
        let (frame, sample, ordinal) = table.sample(at: offset)
        pairs.append(
          LocatedPair(
            source: run.source, number: run.firstNumber + place * plan.lanes.count,
            epoch: run.epoch, lane: run.lane,
            sample: sources[run.source].starts[shard] + ordinal,
            address: .init(frame: .init(shard: key.shard, frame: frame), sample: sample)))
      }
    }
    return pairs
  }

  /// The shards that a rank reads from in a step; none of them is opened.
  func shards(step: Int, rank: Int, size: Int) -> Set<ShardOfEpoch> {
    var shards: Set<ShardOfEpoch> = []
    for run in plan.runs(step: step, rank: rank, size: size) {
      let order = epoch(EpochOrder.Name(seed: seed, source: run.source, epoch: run.epoch))
      for position in order.positions(lane: run.lane, places: run.places) {
        let shard = order.shard(at: position).shard
        shards.insert(
          ShardOfEpoch(shard: .init(source: run.source, shard: shard), epoch: run.epoch))
      }
    }
    return shards
  }

  /// The frame order of a shard, with the frames shuffled so far.
  private final class FrameTable {
    private let order: FrameOrder
    private let starts: [Int]
    private var shuffled: [Int: [Int]] = [:]

    init(_ name: EpochOrder.Name, _ key: ShardOfEpoch, _ frameSamples: [Int]) {
      order = FrameOrder(name, shard: key.shard.shard, frameSamples: frameSamples)
      starts = runningTotals(frameSamples)
    }

    /// The frame at an offset, the sample in it, and its number in the shard.
    func sample(at offset: Int) -> (frame: Int, sample: Int, ordinal: Int) {
      let (frame, place) = order.frame(at: offset)
      let samples = shuffled[frame] ?? order.samples(of: frame)
      shuffled[frame] = samples
      return (frame, samples[place], starts[frame] + samples[place])
    }
  }

  private func epoch(_ name: EpochOrder.Name) -> EpochOrder {
    let list = sources[name.source]
    return epochs.value(name, cost: { _ in 1 }) {
      EpochOrder(name, shardSamples: list.samples, frames: list.frames, lanes: plan.lanes)
    }
  }
}
