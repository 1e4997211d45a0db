import CZstd

/// The undamaged frames of a shard that has lost its tables, found by reading through its bytes.
///
/// Frames follow each other, so one begins where the one before ends. After a damaged frame the
/// search continues at the next bytes that begin a frame. Memory: one frame.
struct ShardRemains {
  struct Frame: Equatable {
    var offset: Int
    var entry: FrameEntry
  }

  private(set) var frames: [Frame] = []
  /// How many undamaged frames come before the first damage; nil where there is no damage.
  private(set) var firstGap: Int?
  /// The search ends after so many damaged places: in a hostile file every byte could begin a
  /// frame, and each would be decompressed in vain.
  static let mostGaps = 64

  init(of file: borrowing OpenFile) throws(RecordError) {
    let bytes = try file.bytes()
    var offset = 0, gaps = 0
    while offset < bytes {
      do throws(RecordError) {
        let frame = try Self.frame(at: offset, of: file, room: bytes - offset)
        if frame.entry.samples == 0 { return }
        frames.append(frame)
        offset += frame.entry.compressedBytes
      } catch {
        if case .io = error.reason { throw error }
        firstGap = firstGap ?? frames.count
        gaps += 1
        guard gaps <= Self.mostGaps, let next = try Self.beginning(after: offset, file, bytes)
        else { return }
        offset = next
      }
    }
  }

  /// A frame that is undamaged: its checksum is right and its samples are allowed in a shard.
  private static func frame(
    at offset: Int, of file: borrowing OpenFile, room: Int
  ) throws(RecordError) -> Frame {
    let head = try file.read(at: offset, count: min(FrameDecoder.longestHeader, room))
    let raw: Int, count: Int
    do throws(RecordError.Reason) {
      raw = try FrameDecoder.contentBytes(head)
      let length = try FrameDecoder.header(head).length
      count = try bytes(ofBlocksAt: offset + length, in: file) + length
      guard count <= min(room, ZSTD_compressBound(raw)) else { throw .frame("too long") }
    } catch {
      throw RecordError(file: file.path, reason: error)
    }
    let decoder = FrameDecoder(file: file.path, frame: 0)
    let samples = try decoder.uncountedSamples(try file.read(at: offset, count: count)).count
    return Frame(
      offset: offset, entry: FrameEntry(compressedBytes: count, rawBytes: raw, samples: samples))
  }

  /// Bytes of a frame's blocks and its checksum.
  ///
  /// Source: RFC 8878, section 3.1.1.2, "Blocks".
  private static func bytes(
    ofBlocksAt start: Int, in file: borrowing OpenFile
  ) throws(RecordError.Reason) -> Int {
    var position = start
    while position - start <= ZSTD_compressBound(RecordLimits.frameBytes) {
      let head = try file.readReason(at: position, count: 3)
      let word = Int(head[0]) | Int(head[1]) << 8 | Int(head[2]) << 16
      let (isLast, kind, size) = (word & 1 == 1, word >> 1 & 3, word >> 3)
      guard kind != 3 else { throw .frame("a block of no known kind") }
      position += 3 + (kind == 1 ? 1 : size)
      if isLast { return position + 4 - start }
    }
    throw .frame("too long")
  }

  /// The next position of the four bytes that begin a zstd frame.
  private static func beginning(
    after offset: Int, _ file: borrowing OpenFile, _ bytes: Int
  ) throws(RecordError) -> Int? {
    let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    var start = offset + 1
    while start + magic.count <= bytes {
      let piece = try file.read(at: start, count: min(1 << 20, bytes - start))
      if let found = piece.firstRange(of: magic) { return start + found.lowerBound }
      start += piece.count - magic.count + 1
    }
    return nil
  }
}

extension ShardRemains {
  /// The shard's frames in order and where each one begins. Lost frames, at the first damaged
  /// place, begin nowhere (nil); they are added so that there are as many samples as in the index.
  /// The result is nil where there are more than that: then the shard does not belong to this
  /// index.
  ///
  /// How many samples each lost frame had is unknown: they are divided evenly.
  func table(stated: RecordIndex.Shard) -> [(entry: FrameEntry, offset: Int?)]? {
    var table = frames.map { (entry: $0.entry, offset: Int?.some($0.offset)) }
    let missing = stated.samples - frames.reduce(0) { $0 + $1.entry.samples }
    guard missing >= 0 else { return nil }
    if missing > 0 {
      let count = min(missing, max(1, min(stated.frames, 1 << 20) - 1 - frames.count))
      let lost = (0..<count).map { number in
        let samples = missing / count + (number < missing % count ? 1 : 0)
        return (
          entry: FrameEntry(compressedBytes: 0, rawBytes: 0, samples: samples), offset: Int?.none
        )
      }
      table.insert(contentsOf: lost, at: firstGap ?? table.count)
    }
    return table + [(FrameEntry(compressedBytes: 0, rawBytes: 0, samples: 0), nil)]
  }
}
