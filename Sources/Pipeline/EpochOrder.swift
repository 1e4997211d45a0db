import Tensors

/// The order of one epoch of one source. Shards are permuted, as are frames within each shard and
/// samples within each frame. Small shards are read several in turns. The sequence is cut into a
/// run per lane, and each run is shuffled in blocks.
///
/// It follows from (seed, source, epoch) alone. Positions need only the shards' sample counts; a
/// shard's frame counts are needed only when one of its samples is looked up.
public struct EpochOrder: Sendable {
  /// What an order belongs to; it is the key of every permutation's random draws.
  public struct Name: Sendable, Hashable {
    public var seed: UInt64
    public var source: Int
    public var epoch: Int

    public init(seed: UInt64, source: Int, epoch: Int) {
      self.seed = seed
      self.source = source
      self.epoch = epoch
    }
  }

  /// The size, in frames' worth of samples, of the blocks in which a lane's run is shuffled.
  private static let blockFrames = 4
  /// The most frames of the shards that are read in turns: those of one shard of the usual size.
  private static let groupFrames = 256

  public let name: Name
  public let samples: Int
  private let shardSamples: [Int]
  /// The shards in the epoch's order, grouped by those that are read in turns.
  private let groups: [ArraySlice<Int>]
  private let starts: [Int]
  private let lanes: Lanes
  private let blockSamples: Int

  /// An order that is mixed as finely as the shards allow with the same frames in memory: where
  /// shards are small, a block's frames come from several of them.
  ///
  /// - Parameters:
  ///   - shardSamples: samples of each shard, in the set's order; shards may be empty.
  ///   - frames: the frames of all shards together.
  /// - Complexity: O(shards) time and memory.
  public init(_ name: Name, shardSamples: [Int], frames: Int, lanes: Lanes) {
    let samples = shardSamples.reduce(0, +), frames = max(1, frames)
    self.init(
      name, shardSamples: shardSamples, lanes: lanes,
      blockSamples: max(1, Self.blockFrames * samples / frames),
      groupShards: min(Self.blockFrames, max(1, Self.groupFrames * shardSamples.count / frames)))
  }

  /// - Parameters:
  ///   - blockSamples: how many places of a lane are shuffled among each other.
  ///   - groupShards: how many shards are read in turns.
  package init(
    _ name: Name, shardSamples: [Int], lanes: Lanes, blockSamples: Int, groupShards: Int
  ) {
    precondition(blockSamples > 0 && groupShards > 0, "a block or a group of nothing")
    self.name = name
    self.shardSamples = shardSamples
    self.lanes = lanes
    self.blockSamples = blockSamples
    let random = CounterRandom(
      seed: name.seed, "shards", KeyPart(name.source), KeyPart(name.epoch))
    let shuffled = random.shuffled(Array(shardSamples.indices))
    groups = stride(from: 0, to: shuffled.count, by: groupShards).map {
      shuffled[$0..<min($0 + groupShards, shuffled.count)]
    }
    starts = runningTotals(groups.map { $0.reduce(0) { $0 + shardSamples[$1] } })
    samples = starts[starts.count - 1]
  }

  /// The positions in the epoch's sequence that a lane reads at `places`, in reading order.
  ///
  /// - Complexity: O(blocks touched · block); no state, and nothing is replayed.
  public func positions(lane: Int, places: Range<Int>) -> [Int] {
    let run = lanes.run(of: lane, samples: samples)
    var positions: [Int] = []
    positions.reserveCapacity(places.count)
    var place = places.lowerBound
    while place < places.upperBound {
      let block = place / blockSamples
      let start = block * blockSamples
      let order = blockOrder(lane: lane, block: block, length: min(blockSamples, run.count - start))
      let end = min(places.upperBound, start + order.count)
      positions += order[(place - start)..<(end - start)].map { run.lowerBound + start + $0 }
      place = end
    }
    return positions
  }

  /// The shard that has a position of the sequence, and the offset in the shard's shuffled samples.
  public func shard(at position: Int) -> (shard: Int, offset: Int) {
    let group = lastStart(in: starts, atOrBefore: position)
    let shards = Array(groups[group])
    let turns = ShardTurns(counts: shards.map { shardSamples[$0] }, turnSamples: blockSamples)
    let (slot, offset) = turns.shard(at: position - starts[group])
    return (shards[slot], offset)
  }

  private func blockOrder(lane: Int, block: Int, length: Int) -> [Int] {
    CounterRandom(
      seed: name.seed, "block", KeyPart(name.source), KeyPart(name.epoch),
      KeyPart(lane), KeyPart(block)
    ).shuffled(Array(0..<length))
  }
}

/// The order of the frames of one shard, and of the samples in each, within one epoch.
public struct FrameOrder: Sendable {
  private let name: EpochOrder.Name
  private let shard: Int
  private let frameSamples: [Int]
  private let frames: [Int]
  private let starts: [Int]

  /// - Parameter frameSamples: samples of each frame, in the shard's order.
  public init(_ name: EpochOrder.Name, shard: Int, frameSamples: [Int]) {
    self.name = name
    self.shard = shard
    self.frameSamples = frameSamples
    let random = CounterRandom(
      seed: name.seed, "frames", KeyPart(name.source), KeyPart(name.epoch), KeyPart(shard))
    frames = random.shuffled(Array(frameSamples.indices))
    starts = runningTotals(frames.map { frameSamples[$0] })
  }

  /// The frame that has an offset of the shuffled shard, and the place in the shuffled frame.
  public func frame(at offset: Int) -> (frame: Int, place: Int) {
    let slot = lastStart(in: starts, atOrBefore: offset)
    return (frames[slot], offset - starts[slot])
  }

  /// The sample at each place of the shuffled frame.
  public func samples(of frame: Int) -> [Int] {
    CounterRandom(
      seed: name.seed, "samples", KeyPart(name.source), KeyPart(name.epoch), KeyPart(shard),
      KeyPart(frame)
    ).shuffled(Array(0..<frameSamples[frame]))
  }
}

/// Sums of all counts before each one, and the total at the end.
func runningTotals(_ counts: [Int]) -> [Int] {
  counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
}

/// The index of the range that has an offset: the last start that is not beyond it.
func lastStart(in starts: [Int], atOrBefore offset: Int) -> Int {
  precondition(offset >= 0 && offset < starts[starts.count - 1], "offset \(offset) is past the end")
  var low = 0, high = starts.count - 1
  while high - low > 1 {
    let middle = (low + high) / 2
    if starts[middle] <= offset { low = middle } else { high = middle }
  }
  return low
}
