import Foundation

/// What reading a whole dataset found.
public struct DamageReport: Sendable {
  /// A frame that cannot be read, or a shard of which some or all is lost (`error.frame` is nil).
  public struct Damage: Sendable {
    public let error: RecordError
    /// Samples that are lost with it: as the shard says, without its tables as the index says.
    public internal(set) var samplesLost: Int

    /// Whether the system would not let it be read, which says nothing of what is in it; a file
    /// that is missing is lost.
    public var isUnread: Bool {
      guard case .io(_, let code) = error.reason else { return false }
      return code != ENOENT
    }
  }

  /// A frame that was read whole.
  public struct Frame: Sendable {
    /// The shard's path.
    public let file: String
    public let number: Int
    public let samples: [Sample]
  }

  /// Shards and frames that were looked at, whole or not.
  public var shards = 0
  public var frames = 0
  /// Samples that were read whole.
  public var samples = 0
  public var damage: [Damage] = []

  public var samplesLost: Int { damage.reduce(0) { $0 + $1.samplesLost } }
}

extension RecordSet {
  /// Reads every frame of every shard; damage is noted, then it goes on.
  ///
  /// Of a shard that has lost its tables, or is not the index's, whole frames are read all the
  /// same; one that is missing is lost.
  /// - Parameter each: called after every frame and every shard with all found so far, and the
  ///   frame unless it is lost; false ends the reading.
  public func verify<Failure: Error>(
    each: (DamageReport, DamageReport.Frame?) throws(Failure) -> Bool
  ) throws(Failure) -> DamageReport {
    var result = DamageReport()
    for shard in index.shards.indices {
      result.shards += 1
      guard let reader = result.open(shard, of: self) else {
        guard try each(result, nil) else { return result }
        continue
      }
      for frame in reader.frameSamples.indices {
        let read = result.read(frame, of: reader)
        guard try each(result, read) else { return result }
      }
      result.compare(reader, with: index.shards[shard])
      guard try each(result, nil) else { return result }
    }
    return result
  }
}

extension DamageReport {
  fileprivate mutating func open(_ shard: Int, of set: RecordSet) -> ShardReader? {
    do throws(RecordError) {
      let reader = try set.openAnyway(shard: shard)
      if let error = reader.damage { damage.append(.init(error: error, samplesLost: 0)) }
      return reader
    } catch {
      damage.append(.init(error: error, samplesLost: set.index.shards[shard].samples))
      return nil
    }
  }

  /// Bits that mean nothing to zstd change no sample; the file is another one all the same.
  fileprivate mutating func compare(_ reader: ShardReader, with stated: RecordIndex.Shard) {
    guard let expected = stated.xxh64, damage.last?.error.file != reader.path else { return }
    do throws(RecordError) {
      guard try reader.checksum() != expected else { return }
      let reason = RecordError.Reason.index("its bytes do not have the checksum of index.json")
      throw RecordError(file: reader.path, reason: reason)
    } catch {
      damage.append(.init(error: error, samplesLost: 0))
    }
  }

  fileprivate mutating func read(_ frame: Int, of reader: ShardReader) -> Frame? {
    frames += 1
    do throws(RecordError) {
      let read = Frame(file: reader.path, number: frame, samples: try reader.read(frame: frame))
      samples += read.samples.count
      if let error = try reader.tableDamage(frame: frame) {
        damage.append(.init(error: error, samplesLost: 0))
      }
      return read
    } catch {
      let lost = reader.frameSamples[frame]
      if reader.damage == nil || reader.frameBytes[frame] > 0 {
        damage.append(.init(error: error, samplesLost: lost))
      } else {
        damage[damage.count - 1].samplesLost += lost
      }
      return nil
    }
  }
}
