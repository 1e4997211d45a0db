import Records
import Synchronization
import Tensors

/// Copies the shards that a rank will read into the machine's cache, one after another on a thread
/// of its own. Nothing waits for a copy: until it is complete, the shard is read where it is.
final class ShardCopies: Sendable {
  /// How many steps ahead of its use a shard's copy is begun.
  static let steps = 64

  private let cache: ShardCache
  private let sources: [ShardList]
  private let thread: WorkerPool
  private let wanted = Mutex<Set<ShardOfEpoch>>([])
  private let isClosed = Cancellation()

  /// - Throws: `ThreadsError` where the system refuses the thread.
  init(_ cache: ShardCache, of sources: [ShardList]) throws(ThreadsError) {
    thread = try WorkerPool(threads: 1, name: "shard copies")
    self.cache = cache
    self.sources = sources
  }

  /// How many shards a rank may keep open, so that all ranks together hold no more than a quarter
  /// of the cache, even if they are all on one machine.
  static func openShards(_ cache: ShardCache?, largest: Int, ranks: Int) -> Int {
    guard let cache else { return SampleReader.openShards }
    return max(1, min(SampleReader.openShards, cache.limit / 4 / ranks / largest))
  }

  /// - Parameter copied: called for each shard that has a new copy.
  func want(
    _ shards: Set<ShardOfEpoch>, copied: @escaping @Sendable (SampleAddress.Shard) -> Void
  ) {
    let new = wanted.withLock { wanted in
      let new = shards.subtracting(wanted)
      let latest = new.map(\.epoch).max() ?? 0
      if wanted.count > 1 << 16 { wanted = wanted.filter { $0.epoch + 1 >= latest } }
      wanted.formUnion(new)
      return new
    }
    for shard in new.sorted(by: { ($0.epoch, $0.shard.shard) < ($1.epoch, $1.shard.shard) }) {
      thread.submit { [cache, sources, isClosed] in
        guard !isClosed.isCancelled else { return }
        if cache.fetch(sources[shard.shard.source].file(shard.shard.shard)) { copied(shard.shard) }
      }
    }
  }

  deinit { isClosed.cancel() }
}
