import Checksums
import Foundation

/// Writes one shard under a temporary name and renames it when everything is on the disk.
struct ShardWriter: ~Copyable {
  let name: String
  private let directory: URL
  private let file: OpenFile
  private var frames: [FrameEntry] = []
  private var bytes = 0
  private var checksum = Checksum()
  private var isPublished = false

  init(directory: URL, name: String) throws(RecordError) {
    self.name = name
    self.directory = directory
    file = try OpenFile(writing: directory.appendingPathComponent(".\(name).partial").path)
  }

  deinit {
    if !isPublished { unlink(file.path) }
  }

  /// Whether the shard has reached its size, or has room only for the end frame.
  func isFull(at shardBytes: Int) -> Bool {
    bytes >= shardBytes || frames.count + 1 >= RecordLimits.framesPerShard
  }

  mutating func append(_ frame: EncodedFrame) throws(RecordError) {
    try write(frame.bytes)
    frames.append(FrameEntry(
      compressedBytes: frame.bytes.count, rawBytes: frame.rawBytes, samples: frame.samples))
  }

  /// Writes the end frame and the tables, syncs and renames.
  mutating func finish(end: EncodedFrame) throws(RecordError) -> RecordIndex.Shard {
    try append(end)
    try write(ShardTables.encode(frames))
    try file.publish(as: directory.appendingPathComponent(name).path)
    isPublished = true
    return RecordIndex.Shard(
      file: name, bytes: bytes, frames: frames.count,
      samples: frames.reduce(0) { $0 + $1.samples }, xxh64: checksum.text)
  }

  private mutating func write(_ piece: [UInt8]) throws(RecordError) {
    try file.write(piece)
    piece.withUnsafeBytes { checksum.update($0) }
    bytes += piece.count
  }
}
