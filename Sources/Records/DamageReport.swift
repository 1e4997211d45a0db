import Foundation

/// What was found when a whole dataset was read.
public struct DamageReport: Sendable {
  /// A frame that cannot be read, or a shard of which some or all is lost (`error.frame` is nil).
  public struct Damage: Sendable {
    public let error: RecordError
    /// Samples that are lost with it: the shard's number, or the index's where its tables are lost.
    public internal(set) var samplesLost: Int
    /// Keys of lost samples, those that can still be read, in order.
    public internal(set) var keys: [String] = []

    /// Whether the system refused to read it, so that its contents may be whole; a missing file
    /// counts as lost.
    public var isUnread: Bool {
      guard case .io(_, let code) = error.reason else { return false }
      return code != ENOENT
    }
  }

  /// A frame that was read completely.
  public struct Frame: Sendable {
    /// The shard's path.
    public let file: String
    public let number: Int
    public let samples: [Sample]
  }

  /// Shards and frames that were examined, damaged or not.
  public var shards = 0
  public var frames = 0
  /// Samples that were read completely.
  public var samples = 0
  public var damage: [Damage] = []

  public var samplesLost: Int { damage.reduce(0) { $0 + $1.samplesLost } }
}

extension RecordSet {
  /// Reads every frame of every shard; notes damage and continues.
  ///
  /// In a shard that has lost its tables, or that is not the one in the index, the undamaged frames
  /// are still read; a missing shard is lost.
  /// - Parameter each: called after every frame and every shard with all findings so far, and with
  ///   the frame unless it is lost; returns false to end the reading.
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

  /// Some bits mean nothing to zstd: if one changes, no sample does, but the file is damaged.
  fileprivate mutating func compare(_ reader: ShardReader, with stated: RecordIndex.Shard) {
    guard let expected = stated.xxh64, damage.last?.error.file != reader.path else { return }
    do throws(RecordError) {
      guard try reader.checksum() != expected else { return }
      let reason = RecordError.Reason.index("its checksum is not the one in index.json")
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
        let keys = reader.remainingKeys(frame: frame)
        damage.append(.init(error: error, samplesLost: lost, keys: keys))
      } else {
        damage[damage.count - 1].samplesLost += lost
      }
      return nil
    }
  }
}
