import Foundation
import Images
import Records
import Tensors

extension SeenPictures {
  /// All pictures of datasets on which a model will be evaluated; a pool's threads read the frames.
  /// - Parameter tell: called with what could not be read.
  init(
    of directories: [URL], withLooks: Bool, pool: WorkerPool, waiting: Int,
    tell: (PackEvent) -> Void
  ) throws {
    self.init()
    for directory in directories {
      let set = try RecordSet(directory: directory)
      var frames: [Pending<[Result<PictureMark, PackingError>]>] = []
      func take() {
        for mark in frames.removeFirst().wait() {
          switch mark {
          case .success(let mark): insert(mark)
          case .failure(let error): tell(.skipped(error))
          }
        }
      }
      for number in set.index.shards.indices {
        let shard = try set.open(shard: number)
        for frame in shard.frameSamples.indices {
          frames.append(pool.submit { Self.marks(shard, frame, withLooks: withLooks) })
          if frames.count >= waiting { take() }
        }
      }
      while !frames.isEmpty { take() }
    }
  }

  private static func marks(
    _ shard: ShardReader, _ frame: Int, withLooks: Bool
  ) -> [Result<PictureMark, PackingError>] {
    let samples: [Sample]
    do throws(RecordError) {
      samples = try shard.read(frame: frame)
    } catch {
      return [.failure(PackingError(shard.path, .refused("\(error)")))]
    }
    return samples.compactMap { sample in
      guard let picture = sample.image else { return nil }
      do throws(ImageError) {
        return .success(
          try PictureMark(picture.bytes, limits: .default, withLook: withLooks))
      } catch {
        return .failure(PackingError("\(shard.path), \(sample.key)", .picture("\(error)")))
      }
    }
  }
}
