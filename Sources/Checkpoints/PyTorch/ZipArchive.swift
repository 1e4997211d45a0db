import CZlib

/// A zip archive as `torch.save` writes it: entries stored uncompressed, one disk, no comment.
///
/// The whole central directory is checked before anything is read through it: every entry's bytes
/// lie in the file and overlap no others, and every name is plain and unique.
/// - Source: PKWARE, APPNOTE.TXT 6.3.10.
struct ZipArchive: Sendable {
  struct Entry: Sendable, Equatable {
    let name: String
    /// First byte of the contents, counted from the start of the file.
    let offset: Int
    let count: Int
    /// 0 where it was not computed.
    let crc: UInt32
  }

  /// Enough for some 150,000 entries.
  static let directoryLimit = 16 << 20

  let file: InputFile
  private let entries: [String: Entry]

  /// Names of all entries, sorted.
  var names: [String] { entries.keys.sorted() }

  subscript(name: String) -> Entry? { entries[name] }

  /// - Throws: `CheckpointError` for a file that is not such an archive.
  init(_ file: InputFile) throws(CheckpointError) {
    self.file = file
    let directory = try ZipDirectory.locate(in: file)
    guard directory.count <= ZipArchive.directoryLimit else {
      throw CheckpointError(
        file.path, .tooLarge(bytes: directory.count, limit: ZipArchive.directoryLimit))
    }
    var cursor = ByteCursor(
      try file.bytes(at: directory.lowerBound, count: directory.count), place: file.path)
    var listed: [ZipDirectory.Entry] = []
    while cursor.rest > 0 { listed.append(try ZipDirectory.Entry(&cursor, place: file.path)) }
    listed.sort { $0.header < $1.header }
    var entries: [String: Entry] = [:]
    var end = 0
    for item in listed {
      let entry = try item.entry(in: file, after: end, before: directory.lowerBound)
      end = entry.offset + entry.count
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw CheckpointError(file.path, .duplicate("the entry \(entry.name)"))
      }
    }
    self.entries = entries
  }

  /// The contents of a small entry.
  func contents(_ entry: Entry, limit: Int) throws(CheckpointError) -> [UInt8] {
    let place = "\(file.path): \(entry.name)"
    guard entry.count <= limit else {
      throw CheckpointError(place, .tooLarge(bytes: entry.count, limit: limit))
    }
    let bytes = try file.bytes(at: entry.offset, count: entry.count)
    var sum = EntryChecksum(entry)
    bytes.withUnsafeBytes { sum.update($0) }
    try sum.check(place: place)
    return bytes
  }
}

/// Computes the CRC-32 of an entry's bytes while they are read.
struct EntryChecksum {
  private let expected: UInt32
  private var value: UInt = 0

  init(_ entry: ZipArchive.Entry) { expected = entry.crc }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard expected != 0 else { return }
    value = crc32_z(
      value, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
  }

  /// - Throws: `.malformed` where the bytes are not those that were written.
  func check(place: String) throws(CheckpointError) {
    guard expected != 0, value != UInt(expected) else { return }
    throw CheckpointError(
      place, .malformed("its CRC-32 is not the one that was written: the file is damaged"))
  }
}
