import Foundation
import Records

/// The shards of a source one after another, over all its folders.
struct ShardList: Sendable {
  let name: String
  /// How many samples each shard has, from the index.
  let samples: [Int]
  /// Samples before each shard, and the total at the end.
  let starts: [Int]
  /// Frames of all shards together.
  let frames: Int
  private let records: [RecordSet]
  private let places: [(set: Int, shard: Int)]

  init(name: String, records: [RecordSet]) {
    self.name = name
    self.records = records
    places = records.enumerated().flatMap { set, records in
      records.index.shards.indices.map { (set, $0) }
    }
    let shards = records.flatMap(\.index.shards)
    samples = shards.map(\.samples)
    starts = runningTotals(samples)
    frames = shards.reduce(0) { $0 + $1.frames }
  }

  var count: Int { starts[starts.count - 1] }

  /// The shard, or what can still be read of it.
  /// - Throws: `RecordError` if the system refuses to read it.
  func open(_ shard: Int, cache: ShardCache?) throws(RecordError) -> ShardReader {
    try records[places[shard].set].openAnyway(shard: places[shard].shard, cache: cache)
  }

  func file(_ shard: Int) -> URL {
    records[places[shard].set].file(shard: places[shard].shard)
  }

  /// Bytes of the largest shard.
  var largestShard: Int {
    records.reduce(0) { most, set in set.index.shards.reduce(most) { max($0, $1.bytes) } }
  }
}
