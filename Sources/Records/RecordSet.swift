import Foundation

/// A dataset: a folder of shards with its `index.json`. Shards are opened when they are needed.
public struct RecordSet: Sendable {
  public let directory: URL
  public let index: RecordIndex

  /// Reads `index.json`, but no shard.
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
  /// - Throws: `RecordError` if it is missing, damaged, or not the one in the index.
  public func open(shard: Int) throws(RecordError) -> ShardReader {
    let reader = try ShardReader(file: file(shard: shard))
    try compare(reader, with: shard)
    return reader
  }

  /// Opens a shard in any state: if it is damaged, cut short or not the one in the index, its
  /// undamaged frames can still be read (see `ShardReader.damage`).
  ///
  /// - Parameter cache: may hold a copy of the shard.
  /// - Throws: `RecordError` where the system refuses to open or read it.
  public func openAnyway(shard: Int, cache: ShardCache? = nil) throws(RecordError) -> ShardReader {
    let url = file(shard: shard)
    if let copy = cache?.reader(of: url), (try? compare(copy, with: shard)) != nil { return copy }
    do throws(RecordError) {
      return try open(shard: shard)
    } catch {
      if case .io = error.reason { throw error }
      return try ShardReader(remainsOf: url, stated: index.shards[shard], damage: error)
    }
  }

  private func compare(_ reader: ShardReader, with shard: Int) throws(RecordError) {
    let stated = index.shards[shard]
    let pairs = [
      ("bytes", stated.bytes, reader.bytes), ("frames", stated.frames, reader.frameSamples.count),
      ("samples", stated.samples, reader.samples),
    ]
    for (what, index, shard) in pairs where index != shard {
      let reason = RecordError.Reason.disagreement(what: what, index: index, shard: shard)
      throw RecordError(file: reader.path, reason: reason)
    }
  }
}
