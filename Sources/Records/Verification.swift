import Foundation

/// What reading a whole dataset found.
public struct Verification: Sendable {
  /// A frame that cannot be read, or a whole shard (`error.frame` is nil).
  public struct Damage: Sendable {
    public let error: RecordError
    /// Samples that are lost with it: as the shard says, for a whole shard as the index says.
    public let samplesLost: Int
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
  /// A shard that is missing, not whole, or not the index's is lost as a whole.
  /// - Parameter each: called after every frame and every lost shard with all found so far.
  public func verify(each: (Verification) -> Void) -> Verification {
    var result = Verification()
    for shard in index.shards.indices {
      result.shards += 1
      do throws(RecordError) {
        let reader = try open(shard: shard)
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
    } catch {
      damage.append(.init(error: error, samplesLost: reader.frameSamples[frame]))
    }
  }
}
