import Foundation

/// One shard, open for reading frame by frame; safe to use from many threads at once.
///
/// Opening reads the two tables at the file's end only. Memory: 24 bytes a frame, and while a frame
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
  private let file: OpenFile
  private let frames: [FrameEntry]
  private let offsets: [Int]

  /// - Throws: `RecordError` if the file cannot be read or is not a whole shard.
  public init(file url: URL) throws(RecordError) {
    let file = try OpenFile(reading: url.path)
    frames = try ShardTables.read(from: file)
    bytes = try file.bytes()
    path = file.path
    self.file = file
    frameSamples = frames.map(\.samples)
    samples = frameSamples.reduce(0, +)
    var offset = 0
    offsets = frames.map { frame in
      defer { offset += frame.compressedBytes }
      return offset
    }
  }

  /// Decompressed bytes of each frame, as the shard states them.
  public var frameBytes: [Int] { frames.map(\.rawBytes) }

  /// The frame's samples in the order they were written; none for the last frame.
  /// - Throws: `RecordError` naming frame and, where known, key; a damaged frame gives nothing.
  public func read(frame: Int) throws(RecordError) -> [Sample] {
    precondition(frames.indices.contains(frame), "the shard has \(frames.count) frames")
    let entry = frames[frame]
    let compressed: [UInt8]
    do throws(RecordError.Reason) {
      compressed = try file.readReason(at: offsets[frame], count: entry.compressedBytes)
    } catch {
      throw RecordError(file: path, frame: frame, reason: error)
    }
    return try FrameDecoder(file: path, frame: frame, stated: entry).samples(compressed)
  }
}
