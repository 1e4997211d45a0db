/// The tables at the end of a zip archive.
/// - Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
enum ZipDirectory {
  private static let endBytes = 22
  private static let locatorBytes = 20
  private static let wideEndBytes = 56
  private static let narrowLimit = Int(UInt32.max)

  /// Where the central directory lies: directly before the records at the file's end.
  static func locate(in file: InputFile) throws(CheckpointError) -> Range<Int> {
    let endAt = file.byteCount - endBytes
    guard endAt >= 0 else {
      throw CheckpointError(file.path, .truncated(expected: endBytes, found: file.byteCount))
    }
    var end = ByteCursor(try file.bytes(at: endAt, count: endBytes), place: file.path)
    guard try end.number(UInt32.self) == 0x0605_4B50 else {
      throw malformed(file.path, "is a zip archive that was cut short")
    }
    _ = try end.take(8)
    let (count, offset) = (try end.size(UInt32.self), try end.size(UInt32.self))
    guard try end.number(UInt16.self) == 0 else {
      throw malformed(file.path, "is a zip archive with a comment, which torch does not write")
    }
    let wideAt = try wideEnd(in: file, before: endAt)
    guard let wideAt else { return try range(offset, count, upTo: endAt, place: file.path) }
    var wide = ByteCursor(try file.bytes(at: wideAt, count: wideEndBytes), place: file.path)
    guard try wide.number(UInt32.self) == 0x0606_4B50, try wide.number(UInt64.self) == 44 else {
      throw malformed(file.path, "is a zip archive with an unknown Zip64 end")
    }
    _ = try wide.take(28)
    let (wideCount, wideOffset) = (try wide.size(UInt64.self), try wide.size(UInt64.self))
    return try range(wideOffset, wideCount, upTo: wideAt, place: file.path)
  }

  /// Where the Zip64 end record begins; nil where there is none.
  private static func wideEnd(
    in file: InputFile, before end: Int
  ) throws(CheckpointError) -> Int? {
    let at = end - locatorBytes
    guard at >= 0 else { return nil }
    var locator = ByteCursor(try file.bytes(at: at, count: locatorBytes), place: file.path)
    guard try locator.number(UInt32.self) == 0x0706_4B50 else { return nil }
    _ = try locator.take(4)
    guard try locator.size(UInt64.self) == at - wideEndBytes, at >= wideEndBytes else {
      throw malformed(file.path, "is a zip archive whose Zip64 end is not where it should be")
    }
    return at - wideEndBytes
  }

  private static func range(
    _ offset: Int, _ count: Int, upTo end: Int, place: String
  ) throws(CheckpointError) -> Range<Int> {
    guard count <= end, offset == end - count else {
      throw malformed(place, "is a zip archive whose directory is not where it should be")
    }
    return offset..<end
  }

  static func malformed(_ place: String, _ what: String) -> CheckpointError {
    CheckpointError(place, .malformed(what))
  }

  /// An entry as the central directory lists it.
  struct Entry {
    let name: String
    let method: UInt16
    let flags: UInt16
    let crc: UInt32
    let count: Int
    /// Where its local header begins.
    let header: Int

    init(_ cursor: inout ByteCursor, place: String) throws(CheckpointError) {
      guard try cursor.number(UInt32.self) == 0x0201_4B50 else {
        throw malformed(place, "is a zip archive whose directory is damaged")
      }
      _ = try cursor.take(4)
      flags = try cursor.number()
      method = try cursor.number()
      _ = try cursor.take(4)
      crc = try cursor.number()
      let sizes = (try cursor.size(UInt32.self), try cursor.size(UInt32.self))
      let lengths = (
        try cursor.size(UInt16.self), try cursor.size(UInt16.self), try cursor.size(UInt16.self)
      )
      _ = try cursor.take(8)
      let offset = try cursor.size(UInt32.self)
      name = try cursor.text(lengths.0)
      var extra = WideSizes(try cursor.take(lengths.1), place: place)
      _ = try cursor.take(lengths.2)
      count = try extra.widened(sizes.1)
      let stored = try extra.widened(sizes.0)
      header = try extra.widened(offset)
      try check(stored: stored, place: place)
    }

    private func check(stored: Int, place: String) throws(CheckpointError) {
      let parts = name.split(separator: "/", omittingEmptySubsequences: false)
      let isPlain = !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
      guard isPlain, !name.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\\") }) else {
        throw malformed(place, "holds the path \"\(name)\", which leaves the archive")
      }
      guard flags & 1 == 0 else { throw malformed(place, "holds \(name), which is encrypted") }
      guard method == 0, stored == count else {
        throw CheckpointError(
          place,
          .unsupported(
            "holds \(name), which is compressed",
            remedy: "Save it anew with torch.save, which stores tensors as they are"))
      }
    }

    /// Reads the local header, which tells where the contents begin.
    func entry(
      in file: InputFile, after start: Int, before end: Int
    ) throws(CheckpointError) -> ZipArchive.Entry {
      let fixed = 30
      guard header >= start, header <= end - fixed else {
        throw malformed(file.path, "holds \(name), which overlaps another entry or the directory")
      }
      var cursor = ByteCursor(try file.bytes(at: header, count: fixed), place: file.path)
      let signature = try cursor.number(UInt32.self)
      _ = try cursor.take(22)
      let (length, extra) = (try cursor.size(UInt16.self), try cursor.size(UInt16.self))
      let offset = header + fixed + length + extra
      guard signature == 0x0403_4B50, length == name.utf8.count, offset <= end,
        try file.bytes(at: header + fixed, count: length) == Array(name.utf8)
      else { throw malformed(file.path, "holds \(name), whose local header differs") }
      guard count <= end - offset else {
        throw malformed(file.path, "holds \(name), which overlaps another entry or the directory")
      }
      return ZipArchive.Entry(name: name, offset: offset, count: count, crc: crc)
    }
  }

  /// The Zip64 extra field: the numbers that do not fit into 32 bits, in the directory's order.
  private struct WideSizes {
    private var cursor: ByteCursor
    private let place: String

    init(_ extra: ArraySlice<UInt8>, place: String) {
      self.place = place
      var rest = extra
      while rest.count >= 4 {
        let (low, high) = (Int(rest[rest.startIndex + 2]), Int(rest[rest.startIndex + 3]))
        let body = rest.dropFirst(4).prefix(low | high << 8)
        if rest.starts(with: [0x01, 0x00]) {
          cursor = ByteCursor(Array(body), place: place)
          return
        }
        rest = body.endIndex < rest.endIndex ? rest[body.endIndex...] : []
      }
      cursor = ByteCursor([], place: place)
    }

    mutating func widened(_ narrow: Int) throws(CheckpointError) -> Int {
      narrow == narrowLimit ? try cursor.size(UInt64.self) : narrow
    }
  }
}
