import Records
import Synchronization

/// The address of a sample.
struct SampleAddress: Sendable, Hashable {
  struct Shard: Sendable, Hashable {
    var source: Int
    var shard: Int
  }

  struct Frame: Sendable, Hashable {
    var shard: Shard
    var frame: Int
  }

  var frame: Frame
  /// Its index in the frame.
  var sample: Int
}

/// Reads samples by address, frame by frame, with a bounded memory of frames and open files.
///
/// Memory: `frameCacheBytes` of decompressed frames, and one frame more for each worker.
final class SampleReader: Sendable {
  static let openShards = 128
  /// Threads that wait for slow storage.
  private static let waiters = 8
  /// How many samples of a frame a worker takes at a time.
  private static let portion = 8

  let sources: [ShardList]
  private let workers: Int
  private let cache: ShardCache?
  private let shards: RecentlyUsed<SampleAddress.Shard, ShardReader>
  private let frames: RecentlyUsed<SampleAddress.Frame, [Sample]>

  /// - Parameters:
  ///   - cache: holds copies of shards, which `ShardCopies` makes.
  ///   - openShards: how many shards are kept open; copies that are open cannot be removed.
  init(
    sources: [ShardList], frameCacheBytes: Int, workers: Int, cache: ShardCache? = nil,
    openShards: Int = SampleReader.openShards
  ) {
    precondition(workers > 0, "someone has to read")
    self.sources = sources
    self.workers = workers
    self.cache = cache
    shards = RecentlyUsed(limit: openShards)
    frames = RecentlyUsed(limit: frameCacheBytes)
  }

  /// Samples of each frame of a shard.
  func frameSamples(_ shard: SampleAddress.Shard) throws -> [Int] {
    try open(shard).frameSamples
  }

  /// Calls `use` with the sample at every address, and returns the results in the order of the
  /// addresses, or why the sample cannot be used. Calls come frame by frame, from `workers` threads
  /// at once.
  ///
  /// - Throws: errors that are not a sample's fault (a shard that cannot be opened, the disk), or
  ///   `PipelineError.cancelled`.
  func read<Value: Sendable>(
    _ addresses: [SampleAddress], cancellation: Cancellation,
    _ use: @Sendable (_ row: Int, Sample) throws(BadSample.Reason) -> Value
  ) throws -> [Result<Value, BadSample>] {
    let portions = Self.portions(addresses)
    let outcomes = Mutex([Result<Value, BadSample>?](repeating: nil, count: addresses.count))
    try inParallel(portions.count, workers: workers) { portion in
      for row in portions[portion] {
        try cancellation.check()
        let outcome = try self.outcome(at: addresses[row]) {
          sample throws(BadSample.Reason) in try use(row, sample)
        }
        outcomes.withLock { $0[row] = outcome }
      }
    }
    return outcomes.withLock { $0 }.compactMap(\.self)
  }

  /// Opens the shards of these addresses, and asks the system to read their frames ahead.
  /// - Throws: an error of a shard that cannot be opened.
  func prepare(_ addresses: [SampleAddress]) throws {
    let frames = Dictionary(grouping: Set(addresses.map(\.frame)), by: \.shard)
    let touched = Array(frames)
    try inParallel(touched.count, workers: Self.waiters) { number in
      let reader = try open(touched[number].key)
      for frame in touched[number].value where self.frames.known(frame) == nil {
        reader.readAhead(frame: frame.frame)
      }
    }
  }

  /// Makes the next read open the shard anew, from its copy if there is one now.
  func reopen(_ shard: SampleAddress.Shard) { shards.remove(shard) }

  private static func portions(_ addresses: [SampleAddress]) -> [[Int]] {
    let byFrame = Dictionary(grouping: addresses.indices, by: { addresses[$0].frame })
    let frames = byFrame.sorted {
      let (a, b) = ($0.key, $1.key)
      return (a.shard.source, a.shard.shard, a.frame) < (b.shard.source, b.shard.shard, b.frame)
    }
    return frames.flatMap { _, rows in
      stride(from: 0, to: rows.count, by: portion).map {
        Array(rows[$0..<min($0 + portion, rows.count)])
      }
    }
  }

  private func outcome<Value>(
    at address: SampleAddress, _ use: (Sample) throws(BadSample.Reason) -> Value
  ) throws -> Result<Value, BadSample> {
    let samples: [Sample]
    do {
      samples = try self.samples(address.frame)
    } catch let error as RecordError {
      if case .io = error.reason { throw error }
      return .failure(bad(address, key: nil, .frame("\(error)")))
    }
    let sample = samples[address.sample]
    do throws(BadSample.Reason) {
      return .success(try use(sample))
    } catch {
      return .failure(bad(address, key: sample.key, error))
    }
  }

  private func bad(
    _ address: SampleAddress, key: String?, _ reason: BadSample.Reason
  ) -> BadSample {
    let source = sources[address.frame.shard.source]
    return BadSample(
      source: source.name, file: source.file(address.frame.shard.shard).lastPathComponent,
      frame: address.frame.frame, key: key, reason: reason)
  }

  private func open(_ shard: SampleAddress.Shard) throws -> ShardReader {
    try shards.value(
      shard, cost: { _ in 1 }, make: { try sources[shard.source].open(shard.shard, cache: cache) })
  }

  private func samples(_ address: SampleAddress.Frame) throws -> [Sample] {
    let reader = try open(address.shard)
    do {
      return try samples(address, reader)
    } catch is RecordError where reader.isCopy {
      // A damaged copy does not mean that the set is damaged.
      cache?.remove(sources[address.shard.source].file(address.shard.shard))
      reopen(address.shard)
      return try samples(address, open(address.shard))
    }
  }

  private func samples(
    _ address: SampleAddress.Frame, _ reader: ShardReader
  ) throws -> [Sample] {
    let read = { () throws -> [Sample] in
      let samples = try reader.read(frame: address.frame)
      let stated = reader.frameSamples[address.frame]
      guard samples.count == stated else {
        throw RecordError(
          file: reader.path, frame: address.frame,
          reason: .count(stated: stated, found: samples.count))
      }
      return samples
    }
    return try frames.value(
      address, cost: { _ in reader.frameBytes[address.frame] }, make: read)
  }
}
