import Pipeline
import Testing

@Suite("Lanes")
struct LanesTests {
  @Test("lanes hold an epoch's indexes once, and as many as their run is long",
        arguments: [1, 2, 3, 7, 240], 0...20)
  func lanesHoldEachIndexOnce(count: Int, samples: Int) {
    let lanes = Lanes(count: count)
    var held = Array(repeating: 0, count: count)
    for index in 0..<samples {
      #expect(lanes.place(of: index) == held[lanes.lane(of: index)])
      held[lanes.lane(of: index)] += 1
    }
    var end = 0
    for lane in 0..<count {
      let run = lanes.run(of: lane, samples: samples)
      #expect(run.lowerBound == end)
      #expect(run.count == held[lane])
      end = run.upperBound
    }
    #expect(end == samples)
  }

  @Test("places within a range of indexes are the places of those indexes", arguments: [1, 2, 5])
  func placesWithinIndexes(count: Int) {
    let lanes = Lanes(count: count)
    for start in 0...12 {
      for end in start...12 {
        for lane in 0..<count {
          let expected = (start..<end).filter { lanes.lane(of: $0) == lane }.map(lanes.place)
          #expect(Array(lanes.places(of: lane, within: start..<end)) == expected)
        }
      }
    }
  }

  @Test("ranks share the lanes out, each once", arguments: [1, 2, 7, 240], 1...8)
  func ranksShareLanes(count: Int, size: Int) {
    let read = (0..<size).flatMap { Array(Lanes(count: count).lanes(of: $0, size: size)) }
    #expect(read.sorted() == Array(0..<count))
  }
}

@Suite("Epoch order")
struct EpochOrderTests {
  static let shards: [[[Int]]] = [
    [[1]], [[3, 2], [4]], [[5, 0, 1], [], [2, 2, 2, 2], [7]], [[30], [1], [12, 12, 12]],
  ]

  static func samples(of order: EpochOrder, frames: [[Int]], lanes: Lanes) -> [[Int]] {
    let frameOrders = frames.enumerated().map {
      FrameOrder(order.name, shard: $0.offset, frameSamples: $0.element)
    }
    return (0..<lanes.count).flatMap { lane in
      let run = lanes.run(of: lane, samples: order.samples)
      return order.positions(lane: lane, places: 0..<run.count).map { position in
        let (shard, offset) = order.shard(at: position)
        let (frame, place) = frameOrders[shard].frame(at: offset)
        return [shard, frame, frameOrders[shard].samples(of: frame)[place]]
      }
    }
  }

  static func all(_ frames: [[Int]]) -> Set<[Int]> {
    Set(frames.enumerated().flatMap { shard, frames in
      frames.enumerated().flatMap { frame, count in (0..<count).map { [shard, frame, $0] } }
    })
  }

  static func order(
    _ frames: [[Int]], epoch: Int, lanes: Lanes, block: Int, group: Int = 1, source: Int = 0,
    seed: UInt64 = 5
  ) -> EpochOrder {
    EpochOrder(
      .init(seed: seed, source: source, epoch: epoch),
      shardSamples: frames.map { $0.reduce(0, +) }, lanes: lanes, blockSamples: block,
      groupShards: group)
  }

  @Test("every sample comes exactly once per epoch, whatever the lanes, blocks and groups",
        arguments: [1, 2, 7, 240], [(1, 1), (3, 2), (3, 4), (100, 3)])
  func everySampleOnce(laneCount: Int, sizes: (block: Int, group: Int)) {
    let lanes = Lanes(count: laneCount)
    for frames in Self.shards {
      for epoch in 0..<3 {
        let order = Self.order(
          frames, epoch: epoch, lanes: lanes, block: sizes.block, group: sizes.group)
        let read = Self.samples(of: order, frames: frames, lanes: lanes)
        #expect(read.count == order.samples)
        #expect(Set(read) == Self.all(frames))
      }
    }
  }

  @Test("shards of a group give a block their shares of it, each from its start to its end")
  func groupsTakeTurns() {
    let counts = [40, 80, 40, 0, 160, 40, 120, 80], block = 16, group = 4
    let order = EpochOrder(
      .init(seed: 5, source: 0, epoch: 0), shardSamples: counts, lanes: Lanes(count: 1),
      blockSamples: block, groupShards: group)
    let read = (0..<order.samples).map(order.shard(at:))
    for (shard, count) in counts.enumerated() {
      #expect(read.filter { $0.shard == shard }.map(\.offset) == Array(0..<count))
    }
    var start = 0
    while start < order.samples {
      let members = Set(read[start...].prefix(block).map(\.shard))
      let total = members.reduce(0) { $0 + counts[$1] }
      #expect((group - 1)...group ~= members.count)
      for turn in 0..<total / block {
        let slice = read[(start + turn * block)...].prefix(block)
        for shard in members {
          let share = Double(block * counts[shard]) / Double(total)
          #expect(abs(Double(slice.count { $0.shard == shard }) - share) <= 2)
        }
      }
      start += total
    }
  }

  @Test("shards are grouped where they have few frames, and only there", arguments: [
    (5, 4), (64, 4), (100, 2), (200, 1), (257, 1),
  ])
  func smallShardsAreGrouped(frames: Int, group: Int) {
    let shards = 8, lanes = Lanes(count: 1), counts = Array(repeating: 10 * frames, count: shards)
    let name = EpochOrder.Name(seed: 1, source: 0, epoch: 0)
    let order = EpochOrder(name, shardSamples: counts, frames: shards * frames, lanes: lanes)
    let expected = EpochOrder(
      name, shardSamples: counts, lanes: lanes, blockSamples: 40, groupShards: group)
    for position in 0..<order.samples {
      #expect(order.shard(at: position) == expected.shard(at: position))
    }
    #expect(order.positions(lane: 0, places: 0..<80) == expected.positions(lane: 0, places: 0..<80))
  }

  @Test("any part of a lane equals that part of the whole lane", arguments: [1, 2, 5, 50])
  func partsEqualWhole(block: Int) {
    let lanes = Lanes(count: 3)
    let order = Self.order([[30], [1], [12, 12, 12]], epoch: 1, lanes: lanes, block: block)
    for lane in 0..<3 {
      let length = lanes.run(of: lane, samples: order.samples).count
      let whole = order.positions(lane: lane, places: 0..<length)
      for start in 0...length {
        for end in start...length {
          let part = order.positions(lane: lane, places: start..<end)
          #expect(part == Array(whole[start..<end]))
        }
      }
    }
  }

  @Test("a lane stays within its run, and a place within its block")
  func blocksStayTogether() {
    let lanes = Lanes(count: 2), block = 5
    let order = Self.order([[20], [21]], epoch: 0, lanes: lanes, block: block)
    for lane in 0..<2 {
      let run = lanes.run(of: lane, samples: 41)
      let positions = order.positions(lane: lane, places: 0..<run.count)
      for (place, position) in positions.enumerated() {
        #expect(run.contains(position))
        #expect((position - run.lowerBound) / block == place / block)
      }
    }
  }

  @Test("seed, source and epoch each change the order, and nothing else does")
  func orderIsNamed() {
    let lanes = Lanes(count: 2), frames = [[9, 9], [9, 9], [9, 9]]
    func read(_ epoch: Int, _ source: Int, _ seed: UInt64) -> [[Int]] {
      let order = Self.order(
        frames, epoch: epoch, lanes: lanes, block: 18, source: source, seed: seed)
      return Self.samples(of: order, frames: frames, lanes: lanes)
    }
    let orders = [read(0, 0, 5), read(1, 0, 5), read(0, 1, 5), read(0, 0, 6)]
    #expect(Set(orders).count == orders.count)
    #expect(read(0, 0, 5) == orders[0])
  }
}
