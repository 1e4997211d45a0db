import Foundation

/// One shard, open for reading frame by frame; safe to use from many threads at once.
///
/// Opening reads the two tables at the file's end only. Memory: 32 bytes a frame, and while a frame
/// is read its compressed and decompressed bytes (at most `RecordLimits.frameBytes`).
public final class ShardReader: Sendable {
  /// The path, as errors name it.
  public let path: String
  /// Bytes of the file.
  public let bytes: Int
  /// Samples of each frame; the last frame is the tar's end and holds none.
  public let frameSamples: [Int]
  /// Samples of the whole shard.
  public let samples: Int
  /// Why the shard is not as it was written; frames that can still be read are read all the same.
  public let damage: RecordError?
  /// Whether a `ShardCache`'s copy is read.
  public let isCopy: Bool
  private let file: OpenFile
  private let frames: [FrameEntry]
  /// Where each frame begins; nil for a frame that is lost.
  private let offsets: [Int?]

  /// - Throws: `RecordError` if the file cannot be read or is not a whole shard.
  public convenience init(file url: URL) throws(RecordError) {
    try self.init(try OpenFile(reading: url.path), path: url.path, isCopy: false)
  }

  /// - Parameter path: as errors are to name the file.
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

  /// Opens what is left of a shard whose tables are lost, or are not what its index states.
  ///
  /// It has as many samples as the index states; those of lost frames give `damage` when read.
  /// Costs reading the whole shard.
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

  /// Decompressed bytes of each frame, as the shard states them; 0 of a lost one.
  public var frameBytes: [Int] { frames.map(\.rawBytes) }

  /// Where each frame lies in the file; empty for a lost one.
  package var frameRanges: [Range<Int>] {
    zip(frames, offsets).map { frame, offset in
      (offset ?? 0)..<((offset ?? 0) + frame.compressedBytes)
    }
  }

  /// The frame's samples in the order they were written; none for the last frame.
  /// - Throws: `RecordError` naming frame and, where known, key; a damaged frame gives nothing.
  public func read(frame: Int) throws(RecordError) -> [Sample] {
    guard let compressed = try compressed(frame) else { return [] }
    return try FrameDecoder(file: path, frame: frame)
      .samples(compressed, count: frames[frame].samples)
  }

  /// That the seek table is wrong about a frame, which can be read all the same.
  package func tableDamage(frame: Int) throws(RecordError) -> RecordError? {
    let stated = frames[frame].rawBytes
    guard let head = try compressed(frame, most: FrameDecoder.longestHeader),
      let size = try? FrameDecoder.contentBytes(head), size != stated
    else { return nil }
    let what = "its header states \(size) bytes, the seek table \(stated)"
    return RecordError(file: path, frame: frame, reason: .frame(what))
  }

  /// The frame, or its beginning, as it stands in the file; nil for a lost one without samples.
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

  /// Asks the system to have the frame's bytes at hand soon; does not wait.
  public func readAhead(frame: Int) {
    guard let offset = offsets[frame] else { return }
    posix_fadvise(
      file.descriptor, off_t(offset), off_t(frames[frame].compressedBytes), POSIX_FADV_WILLNEED)
  }
}

extension RecordError {
  /// Whether frames may still be found in the shard of so many bytes.
  fileprivate func leavesFrames(in bytes: Int, stated: RecordIndex.Shard) -> Bool {
    switch reason {
    case .truncated, .table, .tooLarge, .disagreement: true
    // An index is of one version: in a shard that has its length, the number itself is damaged.
    case .version: bytes == stated.bytes
    default: false
    }
  }
}
