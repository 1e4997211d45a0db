import Records

/// The shards of a source one after another, over all its folders.
struct ShardList: Sendable {
  let name: String
  /// Samples of each shard, from the index.
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

  /// - Throws: `RecordError` if the shard is not whole, or is another than its index says.
  func open(_ shard: Int) throws(RecordError) -> ShardReader {
    try records[places[shard].set].open(shard: places[shard].shard)
  }

  func file(_ shard: Int) -> String {
    records[places[shard].set].file(shard: places[shard].shard).lastPathComponent
  }
}
