import Pipeline
import Testing

@Suite("Batch plan")
struct BatchPlanTests {
  static let weights = [3.0, 2, 2]
  static let samples = [17, 5, 40]

  static func plan(batch: Int, lanes: Int, samples: [Int] = samples) throws -> BatchPlan {
    let mixture = try Mixture(batch: batch, weights: weights, samples: samples)
    return BatchPlan(mixture: mixture, lanes: Lanes(count: lanes), samples: samples)
  }

  @Test("a step holds the same pairs for every number of ranks, each lane in the same order",
        arguments: [1, 2, 3, 7, 16, 64], [1, 2, 7, 240])
  func sameForEveryRankCount(batch: Int, lanes: Int) throws {
    let plan = try Self.plan(batch: batch, lanes: lanes)
    for step in [0, 1, 2, 3, 500_000] {
      let alone = Dictionary(grouping: plan.planned(step: step, rank: 0, size: 1), by: \.lane)
      #expect(alone.values.reduce(0) { $0 + $1.count } == batch)
      for size in 2...8 {
        let shared = (0..<size).flatMap { rank in
          let pairs = plan.planned(step: step, rank: rank, size: size)
          #expect(pairs.allSatisfy { $0.lane % size == rank })
          return pairs
        }
        #expect(Dictionary(grouping: shared, by: \.lane) == alone)
      }
    }
  }

  @Test("walking from step 0 reads every place of every epoch once, in order",
        arguments: [1, 4, 10, 63, 100], [1, 2, 7, 240])
  func walkIsComplete(batch: Int, laneCount: Int) throws {
    let plan = try Self.plan(batch: batch, lanes: laneCount)
    var next = Self.samples.map { _ in 0 }
    var places: [[Int]: Int] = [:]
    for step in 0..<(600 / batch + 2) {
      let pairs = plan.planned(step: step, rank: 0, size: 1)
      for source in Self.samples.indices {
        let numbers = pairs.filter { $0.source == source }.map(\.number).sorted()
        #expect(numbers == Array(next[source]..<(next[source] + numbers.count)))
        next[source] += numbers.count
      }
      for pair in pairs {
        let samples = Self.samples[pair.source]
        #expect(pair.epoch == pair.number / samples)
        #expect(pair.number % samples == pair.place * laneCount + pair.lane)
        let run = [pair.source, pair.epoch, pair.lane]
        #expect(pair.place == places[run, default: 0])
        places[run, default: 0] += 1
      }
    }
    for (source, samples) in Self.samples.enumerated() {
      let whole = next[source] / samples
      let read = places.filter { $0.key[0] == source && $0.key[1] < whole }
      #expect(read.values.reduce(0, +) == whole * samples)
    }
  }

  @Test("a batch longer than an epoch turns it several times, also with fewer samples than lanes")
  func manyEpochsInABatch() throws {
    let samples = [2, 1, 3]
    let plan = try Self.plan(batch: 70, lanes: 8, samples: samples)
    let pairs = plan.planned(step: 3, rank: 0, size: 1)
    #expect(pairs.count == 70)
    #expect(Set(pairs.filter { $0.source == 1 }.map(\.epoch)) == Set(60..<80))
    #expect(pairs.allSatisfy { $0.lane < samples[$0.source] })
    let idle = plan.planned(step: 3, rank: 5, size: 8)
    #expect(idle.isEmpty)
  }

  @Test("without an epoch's turn, ranks differ by at most one pair per source",
        arguments: [1, 2, 4, 8])
  func ranksAreBalanced(size: Int) throws {
    let plan = try Self.plan(batch: 100, lanes: 8, samples: [10_000, 10_000, 10_000])
    for step in 0..<20 {
      let counts = (0..<size).map { plan.planned(step: step, rank: $0, size: size) }.map { pairs in
        Self.samples.indices.map { source in pairs.count { $0.source == source } }
      }
      for source in Self.samples.indices {
        let share = counts.map { $0[source] }
        #expect(share.max()! - share.min()! <= 1)
      }
    }
  }
}

struct PlannedPair: Hashable {
  var source: Int, number: Int, epoch: Int, lane: Int, place: Int
}

extension BatchPlan {
  func planned(step: Int, rank: Int, size: Int) -> [PlannedPair] {
    runs(step: step, rank: rank, size: size).flatMap { run in
      run.places.map { place in
        PlannedPair(
          source: run.source,
          number: run.firstNumber + (place - run.places.lowerBound) * lanes.count,
          epoch: run.epoch, lane: run.lane, place: place)
      }
    }
  }
}
