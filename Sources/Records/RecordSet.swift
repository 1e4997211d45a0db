import Foundation

/// A dataset: a folder of shards with its `index.json`. Shards are opened when asked for.
public struct RecordSet: Sendable {
  public let directory: URL
  public let index: RecordIndex

  /// Reads `index.json`; the shards are not touched.
  /// - Throws: `RecordError` if it is missing or wrong.
  public init(directory: URL) throws(RecordError) {
    self.directory = directory
    index = try RecordIndex(directory: directory)
  }

  /// The path of a shard.
  public func file(shard: Int) -> URL {
    directory.appendingPathComponent(index.shards[shard].file)
  }

  /// Opens a shard and compares it with the index.
  /// - Throws: `RecordError` if it is missing, is not whole, or is another than the index says.
  public func open(shard: Int) throws(RecordError) -> ShardReader {
    let url = file(shard: shard)
    let stated = index.shards[shard]
    let reader = try ShardReader(file: url)
    let pairs = [
      ("bytes", stated.bytes, reader.bytes), ("frames", stated.frames, reader.frameSamples.count),
      ("samples", stated.samples, reader.samples),
    ]
    for (what, index, shard) in pairs where index != shard {
      let reason = RecordError.Reason.disagreement(what: what, index: index, shard: shard)
      throw RecordError(file: url.path, reason: reason)
    }
    return reader
  }
}
