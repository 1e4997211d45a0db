import Foundation

/// One shard, open for reading frame by frame; many threads may use it at once.
///
/// Opening reads only the two tables at the file's end. Memory: 32 bytes per frame, and while a
/// frame is read its compressed and decompressed bytes (at most `RecordLimits.frameBytes`).
public final class ShardReader: Sendable {
  /// The path that errors name.
  public let path: String
  /// Bytes of the file.
  public let bytes: Int
  /// How many samples each frame has; the last frame is the tar's end and has none.
  public let frameSamples: [Int]
  /// Samples of the whole shard.
  public let samples: Int
  /// Why the shard is not as it was written; frames that can still be read are read nevertheless.
  public let damage: RecordError?
  /// Whether a copy of a `ShardCache` is read.
  public let isCopy: Bool
  private let file: OpenFile
  private let frames: [FrameEntry]
  /// Where each frame begins; nil for a frame that is lost.
  private let offsets: [Int?]

  /// - Throws: `RecordError` if the file cannot be read or is not a whole shard.
  public convenience init(file url: URL) throws(RecordError) {
    try self.init(try OpenFile(reading: url.path), path: url.path, isCopy: false)
  }

  /// - Parameter path: the name of the file in errors.
  init(_ file: consuming OpenFile, path: String, isCopy: Bool) throws(RecordError) {
    do throws(RecordError) {
      frames = try ShardTables.read(from: file)
      bytes = try file.bytes()
    } catch {
      throw RecordError(file: path, frame: error.frame, key: error.key, reason: error.reason)
    }
    self.path = path
    self.file = file
    self.isCopy = isCopy
    damage = nil
    frameSamples = frames.map(\.samples)
    samples = frameSamples.reduce(0, +)
    var offset = 0
    offsets = frames.map { frame in
      defer { offset += frame.compressedBytes }
      return offset
    }
  }

  /// Opens a shard that has lost its tables, or whose tables differ from the index.
  ///
  /// It has as many samples as the index says; reading a lost frame throws `damage`. This reads the
  /// whole shard.
  /// - Throws: `RecordError` where the system refuses to read.
  init(remainsOf url: URL, stated: RecordIndex.Shard, damage: RecordError) throws(RecordError) {
    let file = try OpenFile(reading: url.path)
    bytes = try file.bytes()
    let isWorthIt = damage.leavesFrames(in: bytes, stated: stated)
    let remains = try isWorthIt ? ShardRemains(of: file).table(stated: stated) : nil
    path = url.path
    self.file = file
    isCopy = false
    self.damage = damage
    let whole = FrameEntry(compressedBytes: 0, rawBytes: 0, samples: stated.samples)
    let table = remains ?? [(whole, nil)]
    frames = table.map(\.entry)
    offsets = table.map(\.offset)
    frameSamples = frames.map(\.samples)
    samples = frameSamples.reduce(0, +)
  }

  /// Decompressed bytes of each frame, from the shard's tables; 0 for a lost frame.
  public var frameBytes: [Int] { frames.map(\.rawBytes) }

  /// Where each frame lies in the file; empty for a lost frame.
  package var frameRanges: [Range<Int>] {
    zip(frames, offsets).map { frame, offset in
      (offset ?? 0)..<((offset ?? 0) + frame.compressedBytes)
    }
  }

  /// The frame's samples in the order in which they were written; none for the last frame.
  /// - Throws: `RecordError` with frame and, where known, key; nothing of a damaged frame is
  ///   returned.
  public func read(frame: Int) throws(RecordError) -> [Sample] {
    guard let compressed = try compressed(frame) else { return [] }
    return try FrameDecoder(file: path, frame: frame)
      .samples(compressed, count: frames[frame].samples)
  }

  /// The keys that can still be read in a damaged frame, in order.
  func remainingKeys(frame: Int) -> [String] {
    guard let compressed = try? compressed(frame) else { return [] }
    return FrameDecoder.remainingKeys(compressed)
  }

  /// An error where the seek table is wrong about a frame, although the frame can be read.
  package func tableDamage(frame: Int) throws(RecordError) -> RecordError? {
    let stated = frames[frame].rawBytes
    guard let head = try compressed(frame, most: FrameDecoder.longestHeader),
      let size = try? FrameDecoder.contentBytes(head), size != stated
    else { return nil }
    let what = "its header states \(size) bytes, the seek table \(stated)"
    return RecordError(file: path, frame: frame, reason: .frame(what))
  }

  /// The frame, or its beginning, as it is in the file; nil for a lost frame without samples.
  private func compressed(_ frame: Int, most: Int = .max) throws(RecordError) -> [UInt8]? {
    precondition(frames.indices.contains(frame), "the shard has \(frames.count) frames")
    do throws(RecordError.Reason) {
      if let offset = offsets[frame] {
        return try file.readReason(at: offset, count: min(most, frames[frame].compressedBytes))
      }
      guard frames[frame].samples > 0, let damage else { return nil }
      throw damage.reason
    } catch {
      throw RecordError(file: path, frame: frame, reason: error)
    }
  }

  /// xxh64 of all the file's bytes.
  func checksum() throws(RecordError) -> String { try file.checksum() }

  /// Asks the system to load the frame's bytes soon; does not wait.
  public func readAhead(frame: Int) {
    guard let offset = offsets[frame] else { return }
    posix_fadvise(
      file.descriptor, off_t(offset), off_t(frames[frame].compressedBytes), POSIX_FADV_WILLNEED)
  }
}

extension RecordError {
  /// Whether frames may still be found in a shard of so many bytes.
  fileprivate func leavesFrames(in bytes: Int, stated: RecordIndex.Shard) -> Bool {
    switch reason {
    case .truncated, .table, .tooLarge, .disagreement: true
    // All shards of an index have one version: where the length fits, only the version is damaged.
    case .version: bytes == stated.bytes
    default: false
    }
  }
}
