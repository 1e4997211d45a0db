import Foundation

/// Writes a dataset: shards `NAME-00000.tar.zst` one after another, and `index.json` last.
///
/// Every shard is written under a temporary name, synced and renamed. So a file with a shard's name
/// is always complete, however the writer ends. Equal samples and settings give equal bytes.
/// Memory: the samples of one frame, and 24 bytes for each frame of the current shard.
public final class RecordWriter {
  /// What a writer that continues has found: complete shards of its name.
  public struct Continuation: Sendable, Equatable {
    public var shards = 0
    public var samples = 0
    /// The key of the last sample, nil if there was nothing.
    public var lastKey: String?
  }

  /// What existed already; all zero unless the writer continues.
  public private(set) var found = Continuation()
  /// Complete shards, including those that were found.
  public var shardCount: Int { shards.count }
  private let directory: URL
  private let name: String
  private let shardBytes: Int
  private let origin: String
  private let writesIndex: Bool
  private let encoder: FrameEncoder
  private var cutter: FrameCutter
  private var shards: [RecordIndex.Shard] = []
  private var shard: ShardWriter?
  private var lastKey: String?
  private var failure: RecordError?
  private var isFinished = false
  /// Folders that this writer has made, the deepest first; those that stay empty are removed.
  private let made: [String]
  /// Of parts of one dataset several may write at once.
  private let lock: FolderLock

  /// - Parameters:
  ///   - directory: made if missing.
  ///   - name: the part of shards' names before the number.
  ///   - shardBytes: a shard is closed when it has this many compressed bytes or more.
  ///   - frameBytes: a frame is closed when it has this many raw bytes or more.
  ///   - level: zstd's compression level, 1 to 22.
  ///   - origin: where the samples came from, in words, for `index.json`.
  ///   - continuing: keeps complete shards of this name and continues after them (see `found`);
  ///     otherwise existing shards are an error.
  ///   - writesIndex: false for one of several writers of a folder; when all are done,
  ///     `RecordIndex(rebuilding:)` makes the index.
  /// - Throws: `RecordError` for a setting outside its range, and if the folder is in use.
  public init(
    directory: URL, name: String, shardBytes: Int, frameBytes: Int, level: Int32, origin: String,
    continuing: Bool = false, writesIndex: Bool = true
  ) throws(RecordError) {
    guard shardBytes > 0 else {
      throw RecordError(file: "shard size", reason: .setting("\(shardBytes) is not above 0"))
    }
    guard ShardName.isShard(ShardName.file(name: name, number: 0)), name.utf8.count <= 200,
      !name.isEmpty
    else {
      throw RecordError(file: "name", reason: .setting("`\(name)` cannot begin a file's name"))
    }
    self.directory = directory
    self.name = name
    self.shardBytes = shardBytes
    self.origin = origin
    self.writesIndex = writesIndex
    encoder = try FrameEncoder(level: level)
    cutter = try FrameCutter(frameBytes: frameBytes)
    made = try Self.makeFolder(directory)
    lock = try FolderLock(directory.path, shared: !writesIndex)
    if continuing { try takeUp() } else { try refuseTaken() }
  }

  deinit {
    // Writers of other parts may rely on the folder.
    guard !isFinished, writesIndex else { return }
    shard = nil
    for folder in made { rmdir(folder) }
  }

  /// Adds a sample; when this makes the frame full, the frame is compressed and written.
  /// - Throws: `RecordError` with the key of a sample that no shard may have (the writer can
  ///   continue without it), or with the file that could not be written (the writer cannot
  ///   continue).
  public func append(_ sample: Sample) throws(RecordError) {
    try checkUsable()
    try refuseRepetition(of: sample.key)
    let full = try cutter.add(sample)
    lastKey = sample.key
    if let full { try write(try encoder.encode(full)) }
  }

  /// Adds a frame after all samples so far; frames made on several threads must come in order.
  public func append(frame: EncodedFrame) throws(RecordError) {
    try checkUsable()
    try refuseRepetition(of: frame.firstKey)
    try writePending()
    lastKey = frame.lastKey
    try write(frame)
  }

  /// Closes the last shard and writes `index.json`.
  public func finish() throws(RecordError) -> RecordIndex {
    try checkUsable()
    try writePending()
    try closeShard()
    isFinished = true
    let index = RecordIndex(origin: origin, shards: shards)
    if writesIndex { try index.write(to: directory) }
    return index
  }

  private func checkUsable() throws(RecordError) {
    precondition(!isFinished, "a finished writer takes nothing more")
    if let failure { throw failure }
  }

  private func refuseRepetition(of key: String) throws(RecordError) {
    guard lastKey?.hasSameBytes(as: key) != true else {
      throw RecordError(file: directory.path, key: key, reason: .duplicateKey)
    }
  }

  private func writePending() throws(RecordError) {
    if let rest = cutter.rest() { try write(try encoder.encode(rest)) }
  }

  /// After a failure the current shard is dropped, with its temporary file.
  private func write(_ frame: EncodedFrame) throws(RecordError) {
    do throws(RecordError) {
      if shard == nil {
        let file = ShardName.file(name: name, number: shards.count)
        shard = try ShardWriter(directory: directory, name: file)
        // A writer of the same name may have ended since this one looked into the folder.
        guard access(directory.appendingPathComponent(file).path, F_OK) != 0 else {
          throw RecordError(file: directory.path, reason: .exists(file))
        }
      }
      try shard?.append(frame)
      if shard?.isFull(at: shardBytes) == true { try closeShard() }
    } catch {
      failure = error
      shard = nil
      throw error
    }
  }

  private func closeShard() throws(RecordError) {
    let end = try encoder.encodeEnd()
    do throws(RecordError) {
      if let done = try shard?.finish(end: end) { shards.append(done) }
      shard = nil
    } catch {
      failure = error
      shard = nil
      throw error
    }
  }
}

extension RecordWriter {
  /// - Returns: the folders that did not exist, the deepest first.
  private static func makeFolder(_ directory: URL) throws(RecordError) -> [String] {
    var missing: [String] = [], folder = directory.standardizedFileURL
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
      missing.append(folder.path)
      folder.deleteLastPathComponent()
    }
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw RecordError(
        file: directory.path, reason: .io(operation: "make the folder", code: errno))
    }
    return missing
  }

  private func refuseTaken() throws(RecordError) {
    let files = try ShardName.files(in: directory)
    let own = files.first { writesIndex || ShardName.number(of: $0, name: name) != nil }
    let index = directory.appendingPathComponent(RecordIndex.fileName).path
    let hasIndex = writesIndex && FileManager.default.fileExists(atPath: index)
    if let taken = own ?? (hasIndex ? RecordIndex.fileName : nil) {
      throw RecordError(file: directory.path, reason: .exists(taken))
    }
  }

  private func takeUp() throws(RecordError) {
    let index = directory.appendingPathComponent(RecordIndex.fileName).path
    if writesIndex, FileManager.default.fileExists(atPath: index) {
      throw RecordError(file: directory.path, reason: .exists(RecordIndex.fileName))
    }
    let files = try ShardName.files(in: directory)
      .filter { ShardName.number(of: $0, name: name) != nil }
    for (number, file) in files.enumerated() {
      let url = directory.appendingPathComponent(file)
      guard file == ShardName.file(name: name, number: number) else {
        let missing = ShardName.file(name: name, number: number)
        throw RecordError(file: url.path, reason: .table("\(missing) before it is missing"))
      }
      let reader = try ShardReader(file: url)
      shards.append(try reader.entry(file: file))
      found.shards += 1
      found.samples += reader.samples
      guard file == files.last, reader.samples > 0 else { continue }
      found.lastKey = try reader.read(frame: reader.frameSamples.count - 2).last?.key
    }
    lastKey = found.lastKey
  }
}
