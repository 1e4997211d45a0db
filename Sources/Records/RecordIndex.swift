import Foundation

/// `index.json`: the shards of a dataset and how much they hold. Its size grows only with the
/// shards.
public struct RecordIndex: Codable, Sendable, Equatable {
  public struct Shard: Codable, Sendable, Equatable {
    /// The file's name inside the dataset's folder.
    public var file: String
    public var bytes: Int
    /// The number of frames with content, plus the end frame.
    public var frames: Int
    public var samples: Int
    /// xxh64 of the file, as `xxh64sum` prints it; nil in an index that has no checksums.
    public var xxh64: String?

    public init(file: String, bytes: Int, frames: Int, samples: Int, xxh64: String? = nil) {
      self.file = file
      self.bytes = bytes
      self.frames = frames
      self.samples = samples
      self.xxh64 = xxh64
    }
  }

  public static let fileName = "index.json"
  static let currentVersion = 1

  public var version: Int
  /// Where the dataset came from, in words.
  public var origin: String
  public var samples: Int
  public var bytes: Int
  public var shards: [Shard]

  /// An index of these shards; computes their totals.
  public init(origin: String, shards: [Shard]) {
    version = Self.currentVersion
    self.origin = origin
    self.shards = shards
    samples = shards.reduce(0) { $0 + $1.samples }
    bytes = shards.reduce(0) { $0 + $1.bytes }
  }

  /// Reads and checks the folder's `index.json`.
  /// - Throws: `RecordError` if it is missing or cannot be understood, or if its totals are wrong.
  public init(directory: URL) throws(RecordError) {
    let url = directory.appendingPathComponent(Self.fileName)
    guard FileManager.default.fileExists(atPath: url.path) else {
      guard FileManager.default.fileExists(atPath: directory.path) else {
        throw RecordError(file: directory.path, reason: .io(operation: "open", code: ENOENT))
      }
      let shards = try ShardName.files(in: directory)
      throw RecordError(file: directory.path, reason: shards.isEmpty ? .noShards : .indexMissing)
    }
    let file = try OpenFile(reading: url.path)
    let size = try file.bytes()
    guard size <= RecordLimits.indexBytes else {
      let reason = RecordError.Reason.tooLarge(
        what: "an index", bytes: size, limit: RecordLimits.indexBytes)
      throw RecordError(file: url.path, reason: reason)
    }
    let bytes = try file.read(at: 0, count: size)
    guard let index = try? JSONDecoder().decode(RecordIndex.self, from: Data(bytes)) else {
      throw RecordError(file: url.path, reason: .index("it is not the JSON of an index"))
    }
    self = index
    do throws(RecordError.Reason) {
      try check()
    } catch {
      throw RecordError(file: url.path, reason: error)
    }
  }

  /// Builds the index from the shards alone, in the order of their names and numbers. This reads
  /// all their bytes.
  ///
  /// The origin is not in the shards: it is taken from an `index.json` that can still be read;
  /// otherwise it is the folder's name.
  /// - Throws: `RecordError` for a damaged shard, or where there is no shard.
  public init(rebuilding directory: URL) throws(RecordError) {
    let known = (try? RecordIndex(directory: directory))?.origin
    let names = try ShardName.files(in: directory)
    guard !names.isEmpty else { throw RecordError(file: directory.path, reason: .noShards) }
    var shards: [Shard] = []
    for name in names {
      let reader = try ShardReader(file: directory.appendingPathComponent(name))
      shards.append(try reader.entry(file: name))
    }
    self.init(origin: known ?? directory.lastPathComponent, shards: shards)
  }

  /// Writes `index.json` under a temporary name, syncs and renames it.
  public func write(to directory: URL) throws(RecordError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let url = directory.appendingPathComponent(Self.fileName)
    guard let data = try? encoder.encode(self) else {
      throw RecordError(file: url.path, reason: .index("it cannot be written as JSON"))
    }
    let temporary = directory.appendingPathComponent(".\(Self.fileName).partial").path
    let file = try OpenFile(writing: temporary)
    do throws(RecordError) {
      try file.write(Array(data) + [0x0A])
      try file.publish(as: url.path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private func check() throws(RecordError.Reason) {
    guard version == Self.currentVersion else {
      throw .index("its version is \(version), but this program reads \(Self.currentVersion)")
    }
    guard Set(shards.map(\.file)).count == shards.count else {
      throw .index("it names a shard twice")
    }
    var samples = 0
    var bytes = 0
    for shard in shards {
      guard ShardName.isShard(shard.file) else {
        throw .index("`\(shard.file)` is not a shard's name")
      }
      let (sampleSum, tooManySamples) = samples.addingReportingOverflow(shard.samples)
      let (byteSum, tooManyBytes) = bytes.addingReportingOverflow(shard.bytes)
      guard shard.samples >= 0, shard.bytes >= 0, shard.frames >= 0,
        !tooManySamples, !tooManyBytes
      else { throw .index("the numbers of `\(shard.file)` are impossible") }
      (samples, bytes) = (sampleSum, byteSum)
    }
    guard samples == self.samples, bytes == self.bytes else {
      throw .index("its totals are not the sums over its shards")
    }
  }
}

extension ShardReader {
  /// The index's entry for this shard.
  func entry(file: String) throws(RecordError) -> RecordIndex.Shard {
    RecordIndex.Shard(
      file: file, bytes: bytes, frames: frameSamples.count, samples: samples,
      xxh64: try checksum())
  }
}
