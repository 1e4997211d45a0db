import Foundation
import Pipeline
import Records
import Testing

/// Three sources of unequal sizes with weights 3:2:2, batch 64, two epochs of the slowest.
@Suite("Three sources")
struct ThreeSourcesTests {
  let world: World
  let sources: [SampleSource]
  static let counts = [("a", 150, 3.0), ("b", 64, 2.0), ("c", 97, 2.0)]
  let steps: Int

  init() throws {
    let world = try World()
    self.world = world
    sources = try Self.counts.map { name, count, weight in
      SampleSource(
        name: name, records: [try world.records(name, try World.samples(name, count))],
        weight: weight)
    }
    steps = try Mixture(
      batch: 64, weights: sources.map(\.weight), samples: sources.map(\.samples)
    ).steps(epochs: 2, samples: sources.map(\.samples))
  }

  /// The rows of a step on `size` ranks, by lane.
  private func step(_ step: Int, _ ranks: [BatchLoader]) throws -> [Int: [Batch.Content]] {
    let rows = try ranks.flatMap { try $0.load(step: step).contents }
    return Dictionary(grouping: rows, by: \.row.lane)
  }

  private func ranks(_ size: Int) throws -> [BatchLoader] {
    try (0..<size).map { rank in
      try LoaderSetup(batch: 64, lanes: 16, rank: rank, size: size).loader(sources)
    }
  }

  @Test("each sample comes once per epoch, in shares of 3:2:2, in every epoch of every source")
  func exactlyOnce() throws {
    let loader = try ranks(1)[0]
    var seen = Self.counts.map { _ in [String]() }
    for step in 0..<steps {
      let batch = try loader.load(step: step)
      #expect(batch.count == 64 && batch.skipped.isEmpty)
      for (count, weight) in zip(batch.counts, Self.counts.map(\.2)) {
        #expect(abs(Double(count) - 64 * weight / 7) < 2)
      }
      for row in batch.rows.sorted(by: { $0.number < $1.number }) {
        #expect(row.number == seen[row.source].count)
        seen[row.source].append(row.key)
      }
    }
    for (source, (name, count, _)) in Self.counts.enumerated() {
      let all = Set((0..<count).map { World.key(name, $0) })
      #expect(seen[source].count / count >= 2)
      for epoch in 0..<(seen[source].count / count) {
        #expect(Set(seen[source][(epoch * count)..<((epoch + 1) * count)]) == all)
      }
    }
  }

  @Test("the same batches to the bit when interrupted at 20 random steps", arguments: [
    1, 2, 3, 4, 8,
  ])
  func interrupted(size: Int) throws {
    let whole = try ranks(1)
    let expected = try (0..<steps).map { try step($0, whole) }
    var random = SystemRandomNumberGenerator()
    var interruptions = 0
    while interruptions < 20 {
      var now = 0
      while now < steps {
        // Begun anew from nothing but the step's number.
        let ranks = try ranks(size)
        let end = Int.random(in: (now + 1)...steps, using: &random)
        for number in now..<end {
          #expect(try step(number, ranks) == expected[number], "step \(number) from \(now)")
        }
        interruptions += end < steps ? 1 : 0
        now = end
      }
    }
  }
}
