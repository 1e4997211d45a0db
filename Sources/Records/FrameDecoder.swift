import CZstd

/// Turns the bytes of one frame back into samples; trusts nothing in them.
///
/// The frame's checksum vouches for its contents. Of the shard's tables only the number of samples
/// is used, so that a damaged table does not make an undamaged frame unreadable.
struct FrameDecoder {
  let file: String
  let frame: Int

  /// - Parameter count: the number of samples in the shard's tables; 0 for the tar's end.
  func samples(_ compressed: [UInt8], count: Int) throws(RecordError) -> [Sample] {
    let samples = try uncountedSamples(compressed)
    guard samples.count == count else {
      let reason = RecordError.Reason.count(stated: count, found: samples.count)
      throw RecordError(file: file, frame: frame, reason: reason)
    }
    return samples
  }

  /// The keys that can still be read in a frame that is damaged: those up to the first damaged
  /// block or member.
  static func remainingKeys(_ compressed: [UInt8]) -> [String] {
    var reader = MemberReader(tar: remains(compressed))
    var keys: [String] = []
    while let key = try? reader.nextName().key {
      if keys.last?.hasSameBytes(as: key) != true { keys.append(key) }
      reader.skipContent()
    }
    return keys
  }

  /// What of a frame is decompressed before zstd meets the damage. It is fed block by block: what
  /// one call decompresses is lost where that call fails.
  private static func remains(_ compressed: [UInt8]) -> [UInt8] {
    guard let size = try? contentBytes(compressed), let stream = ZSTD_createDStream() else {
      return []
    }
    defer { ZSTD_freeDStream(stream) }
    return [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
      var output = ZSTD_outBuffer(dst: bytes.baseAddress, size: size, pos: 0)
      compressed.withUnsafeBytes { source in
        var input = ZSTD_inBuffer(src: source.baseAddress, size: 0, pos: 0)
        var wanted = longestHeader
        while input.pos < source.count, output.pos < size {
          input.size = min(source.count, input.pos + max(1, wanted))
          wanted = ZSTD_decompressStream(stream, &output, &input)
          if ZSTD_isError(wanted) != 0 { break }
        }
      }
      count = output.pos
    }
  }

  /// The samples of a frame whose count is in no table; none in the end frame.
  func uncountedSamples(_ compressed: [UInt8]) throws(RecordError) -> [Sample] {
    let tar = try decompress(compressed)
    let isEnd = tar.count == TarLayout.endBytes && tar.allSatisfy { $0 == 0 }
    return isEnd ? [] : try split(tar)
  }

  /// The number of decompressed bytes, from the header of the frame that begins with `bytes`.
  static func contentBytes(_ bytes: [UInt8]) throws(RecordError.Reason) -> Int {
    let size = try header(bytes).contentBytes
    guard size <= RecordLimits.frameBytes else {
      throw .frame("its header states \(size) bytes, above the limit")
    }
    return Int(size)
  }

  /// The most bytes of a zstd frame's header.
  static let longestHeader = 14

  /// Reads the header of a zstd frame that has a checksum and a content size, but no dictionary or
  /// reserved bits. Gives the content size and the header's length, after which the blocks follow.
  ///
  /// Source: RFC 8878, section 3.1.1.1, "Frame Header".
  static func header(
    _ bytes: [UInt8]
  ) throws(RecordError.Reason) -> (contentBytes: UInt64, length: Int) {
    guard bytes.count > 5, bytes.littleEndian32(at: 0) == 0xFD2F_B528 else {
      throw .frame("it does not begin as a zstd frame")
    }
    let descriptor = bytes[4]
    guard descriptor & 0b11111 == 0b00100 else {
      throw .frame("its header lacks the checksum flag or sets bits that a shard's never sets")
    }
    let isSingleSegment = descriptor & 0b100000 != 0
    let length = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
    let start = isSingleSegment ? 5 : 6
    guard length > 0, start + length <= bytes.count else {
      throw .frame("its header has no content size")
    }
    let field = bytes[start..<start + length].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return (length == 2 ? field + 256 : field, start + length)
  }

  private func decompress(_ compressed: [UInt8]) throws(RecordError) -> [UInt8] {
    do throws(RecordError.Reason) {
      let size = try Self.contentBytes(compressed)
      guard ZSTD_findFrameCompressedSize(compressed, compressed.count) == compressed.count else {
        throw .frame("its blocks do not end where the seek table says")
      }
      var result = 0
      let tar = [UInt8](unsafeUninitializedCapacity: size) { out, count in
        result = ZSTD_decompress(out.baseAddress, size, compressed, compressed.count)
        count = ZSTD_isError(result) == 0 ? result : 0
      }
      guard ZSTD_isError(result) == 0 else {
        throw .frame(String(cString: ZSTD_getErrorName(result)))
      }
      guard tar.count == size else { throw .truncated(expected: size, found: tar.count) }
      return tar
    } catch {
      throw RecordError(file: file, frame: frame, reason: error)
    }
  }

  private func split(_ tar: [UInt8]) throws(RecordError) -> [Sample] {
    var samples: [Sample] = []
    var reader = MemberReader(tar: tar)
    while !reader.isAtEnd {
      var key = samples.last?.key
      do throws(RecordError.Reason) {
        let member = try reader.next()
        if key?.hasSameBytes(as: member.key) == true {
          samples[samples.count - 1].fields.append(member.field)
        } else {
          key = member.key
          samples.append(Sample(key: member.key, fields: [member.field]))
        }
        try samples[samples.count - 1].checkNewestField()
      } catch {
        throw RecordError(file: file, frame: frame, key: key, reason: error)
      }
    }
    return samples
  }
}

extension Sample {
  fileprivate func checkNewestField() throws(RecordError.Reason) {
    guard let newest = fields.last, !fields.dropLast().contains(where: {
      $0.suffix == newest.suffix
    }) else { throw .member("two fields .\(fields.last?.suffix ?? "")") }
  }
}

/// Walks over the members of a frame's tar.
private struct MemberReader {
  let tar: [UInt8]
  private var position = 0
  /// Bytes of the content that follows.
  private var waiting = 0

  init(tar: [UInt8]) { self.tar = tar }

  var isAtEnd: Bool { position == tar.count }

  mutating func next() throws(RecordError.Reason) -> (key: String, field: Field) {
    let (key, suffix) = try nextName()
    return (key, Field(suffix: suffix, bytes: Array(try content(waiting))))
  }

  /// The member's name, without the content that follows it.
  mutating func nextName() throws(RecordError.Reason) -> (key: String, suffix: String) {
    var header = try nextHeader()
    var path: [UInt8]?
    if header.kind == .pax {
      path = try TarHeader.path(paxRecords: try content(header.bytes))
      header = try nextHeader()
    }
    guard header.kind == .file else { throw .member("it is not a regular file") }
    waiting = header.bytes
    return try Self.splitName(path ?? header.name)
  }

  /// Goes on behind the content, or to the end where the content is cut short.
  mutating func skipContent() {
    position = min(tar.count, position + TarLayout.padded(waiting))
  }

  private mutating func nextHeader() throws(RecordError.Reason) -> TarHeader {
    guard tar.count - position >= TarLayout.blockBytes else {
      throw .truncated(expected: TarLayout.blockBytes, found: tar.count - position)
    }
    let header = try TarHeader(block: tar[position..<position + TarLayout.blockBytes])
    position += TarLayout.blockBytes
    return header
  }

  private mutating func content(_ bytes: Int) throws(RecordError.Reason) -> ArraySlice<UInt8> {
    let padded = TarLayout.padded(bytes)
    guard padded <= tar.count - position else {
      throw .truncated(expected: padded, found: tar.count - position)
    }
    defer { position += padded }
    return tar[position..<position + bytes]
  }

  /// Key and suffix are separated by the first dot of the last part of the path, as in WebDataset.
  private static func splitName(
    _ bytes: [UInt8]
  ) throws(RecordError.Reason) -> (key: String, suffix: String) {
    let last = bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    guard let dot = bytes[last...].firstIndex(of: UInt8(ascii: ".")),
      let key = String(validating: bytes[..<dot], as: UTF8.self),
      let suffix = String(validating: bytes[(dot + 1)...], as: UTF8.self)
    else { throw .name("a member's name without suffix or not in UTF-8") }
    try RecordKey.check(key)
    try RecordKey.check(suffix: suffix)
    return (key, suffix)
  }
}
