import Foundation

/// What reading a whole dataset found.
public struct Verification: Sendable {
  /// A frame that cannot be read, or a shard of which some or all is lost (`error.frame` is nil).
  public struct Damage: Sendable {
    public let error: RecordError
    /// Samples that are lost with it: as the shard says, without its tables as the index says.
    public internal(set) var samplesLost: Int
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
  /// - Parameter each: called after every frame and every lost shard with all found so far.
  public func verify(each: (Verification) -> Void) -> Verification {
    var result = Verification()
    for shard in index.shards.indices {
      result.shards += 1
      do throws(RecordError) {
        let reader = try openAnyway(shard: shard)
        if let damage = reader.damage { result.damage.append(.init(error: damage, samplesLost: 0)) }
        for frame in reader.frameSamples.indices {
          result.look(at: frame, of: reader)
          each(result)
        }
      } catch {
        result.damage.append(.init(error: error, samplesLost: index.shards[shard].samples))
        each(result)
      }
    }
    return result
  }
}

extension Verification {
  fileprivate mutating func look(at frame: Int, of reader: ShardReader) {
    frames += 1
    do throws(RecordError) {
      samples += try reader.read(frame: frame).count
      if let error = try reader.tableDamage(frame: frame) {
        damage.append(.init(error: error, samplesLost: 0))
      }
    } catch {
      let lost = reader.frameSamples[frame]
      if reader.damage == nil || reader.frameBytes[frame] > 0 {
        damage.append(.init(error: error, samplesLost: lost))
      } else {
        damage[damage.count - 1].samplesLost += lost
      }
    }
  }
}
