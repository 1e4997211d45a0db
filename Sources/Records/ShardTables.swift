import CZstd

/// Where one frame of a shard lies and what it holds.
struct FrameEntry: Sendable, Equatable {
  var compressedBytes: Int
  var rawBytes: Int
  var samples: Int
}

/// The last bytes of a shard: the frame of sample counts, then zstd's seek table.
///
/// Source: "Zstandard Seekable Format" 0.1.0; RFC 8878, section 3.1.2, "Skippable Frames".
/// All numbers are little-endian. `docs/records.md` has the bytes.
enum ShardTables {
  static let version: UInt32 = 1
  private static let countsMagic: UInt32 = 0x184D_2A50
  private static let tableMagic: UInt32 = 0x184D_2A5E
  private static let footerMagic: UInt32 = 0x8F92_EAB1
  private static let footerBytes = 9
  private static let skippableHeader = 8

  /// - Parameter frames: all frames with content, the end frame last.
  static func encode(_ frames: [FrameEntry]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: countsMagic)
    bytes.append(littleEndian: UInt32(8 + 4 * frames.count))
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt32(frames.count))
    for frame in frames { bytes.append(littleEndian: UInt32(frame.samples)) }
    let countsBytes = bytes.count

    let entries = frames.map { ($0.compressedBytes, $0.rawBytes) } + [(countsBytes, 0)]
    bytes.append(littleEndian: tableMagic)
    bytes.append(littleEndian: UInt32(8 * entries.count + footerBytes))
    for (compressed, raw) in entries {
      bytes.append(littleEndian: UInt32(compressed))
      bytes.append(littleEndian: UInt32(raw))
    }
    bytes.append(littleEndian: UInt32(entries.count))
    bytes.append(0)
    bytes.append(littleEndian: footerMagic)
    return bytes
  }

  /// Reads and checks both tables; never allocates more than the file's size.
  static func read(from file: borrowing OpenFile) throws(RecordError) -> [FrameEntry] {
    let fileBytes = try file.bytes()
    let end = try file.read(at: fileBytes - footerBytes, count: footerBytes)
    do throws(RecordError.Reason) {
      let entryCount = try checkFooter(end, fileBytes: fileBytes)
      let tableBytes = skippableHeader + 8 * entryCount + footerBytes
      let table = try file.readReason(at: fileBytes - tableBytes, count: tableBytes)
      var frames = try parseTable(table, entries: entryCount, room: fileBytes - tableBytes)
      let countsBytes = frames.removeLast().compressedBytes
      let offset = fileBytes - tableBytes - countsBytes
      try readCounts(try file.readReason(at: offset, count: countsBytes), into: &frames)
      return frames
    } catch {
      throw RecordError(file: file.path, reason: error)
    }
  }

  private static func checkFooter(
    _ footer: [UInt8], fileBytes: Int
  ) throws(RecordError.Reason) -> Int {
    guard footer.littleEndian32(at: 5) == footerMagic else {
      throw .table("it does not end with a seek table")
    }
    guard footer[4] == 0 else { throw .table("its seek table has an unknown descriptor") }
    let entries = Int(footer.littleEndian32(at: 0))
    guard (2...RecordLimits.framesPerShard + 1).contains(entries),
      skippableHeader + 8 * entries + footerBytes <= fileBytes
    else { throw .table("its seek table gives \(entries) frames") }
    return entries
  }

  private static func parseTable(
    _ table: [UInt8], entries: Int, room: Int
  ) throws(RecordError.Reason) -> [FrameEntry] {
    guard table.littleEndian32(at: 0) == tableMagic,
      Int(table.littleEndian32(at: 4)) == table.count - skippableHeader
    else { throw .table("its seek table has a wrong beginning") }
    let frames = (0..<entries).map { index in
      let offset = skippableHeader + 8 * index
      return FrameEntry(
        compressedBytes: Int(table.littleEndian32(at: offset)),
        rawBytes: Int(table.littleEndian32(at: offset + 4)), samples: 0)
    }
    guard frames.reduce(0, { $0 + $1.compressedBytes }) == room else {
      throw .table("its seek table's sizes do not add up to the file's")
    }
    for frame in frames.dropLast() { try check(frame) }
    guard frames[entries - 1].rawBytes == 0,
      frames[entries - 1].compressedBytes == skippableHeader + 8 + 4 * (entries - 1)
    else { throw .table("its seek table's last entry is not the sample counts") }
    guard frames[entries - 2].rawBytes == TarLayout.endBytes else {
      throw .table("its last frame is not the end of a tar")
    }
    return frames
  }

  private static func check(_ frame: FrameEntry) throws(RecordError.Reason) {
    guard frame.rawBytes <= RecordLimits.frameBytes else {
      throw .tooLarge(what: "a frame", bytes: frame.rawBytes, limit: RecordLimits.frameBytes)
    }
    guard frame.rawBytes > 0, frame.rawBytes % TarLayout.blockBytes == 0,
      frame.compressedBytes <= ZSTD_compressBound(frame.rawBytes)
    else { throw .table("its seek table states an impossible frame") }
  }

  /// Each sample takes at least one block, so the counts' sum is bounded by the frames' sizes.
  private static func readCounts(
    _ counts: [UInt8], into frames: inout [FrameEntry]
  ) throws(RecordError.Reason) {
    guard counts.littleEndian32(at: 0) == countsMagic,
      Int(counts.littleEndian32(at: 4)) == counts.count - skippableHeader,
      Int(counts.littleEndian32(at: 12)) == frames.count
    else { throw .table("its frame of sample counts has a wrong beginning") }
    guard counts.littleEndian32(at: 8) == version else {
      throw .version(found: Int(counts.littleEndian32(at: 8)), known: Int(version))
    }
    for index in frames.indices {
      let samples = Int(counts.littleEndian32(at: 16 + 4 * index))
      let isEnd = index == frames.count - 1
      guard isEnd == (samples == 0),
        samples <= frames[index].rawBytes / TarLayout.blockBytes
      else { throw .table("frame \(index) states \(samples) samples") }
      frames[index].samples = samples
    }
  }
}
