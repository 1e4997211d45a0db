import Foundation

/// Builds zip archives as torch writes them, and as nobody should.
public struct ZipForge {
  public struct Entry {
    public var name: String
    public var contents: [UInt8]
    /// Zeros after the contents, which take no place on the disk.
    public var hole = 0
    /// As the directory has it; nil: computed, 0 ("not computed") where there is a hole.
    public var crc: UInt32?
    public var method: UInt16 = 0
    public var flags: UInt16 = 0x808
    /// The name in the local header, where it differs.
    public var localName: String?
    /// Where the directory says that the local header is, where it lies.
    public var offset: UInt64?
    /// The size that the directory says, where it lies.
    public var size: UInt64?

    public init(_ name: String, _ contents: [UInt8]) {
      self.name = name
      self.contents = contents
    }
  }

  public var entries: [Entry] = []
  /// Whether sizes and places stand in Zip64 records.
  public var isWide = false
  public var comment: [UInt8] = []

  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// The archive without holes; contents begin at multiples of 64, as torch pads them.
  public var bytes: [UInt8] { built.bytes }

  /// Writes the archive with its holes.
  public func write(to file: URL) throws {
    try Data().write(to: file)
    let handle = try FileHandle(forWritingTo: file)
    var done = 0, skipped = 0
    for (at, count) in built.holes + [(built.bytes.count, 0)] {
      try handle.seek(toOffset: UInt64(done + skipped))
      try handle.write(contentsOf: built.bytes[done..<at])
      (done, skipped) = (at, skipped + count)
    }
    try handle.close()
  }

  private var built: (bytes: [UInt8], holes: [(at: Int, count: Int)]) {
    var out: [UInt8] = [], directory: [UInt8] = []
    var holes: [(at: Int, count: Int)] = []
    var skipped = 0
    for entry in entries {
      let at = out.count + skipped
      appendLocal(entry, at: at, to: &out)
      if entry.hole > 0 { holes.append((out.count, entry.hole)) }
      skipped += entry.hole
      appendListing(entry, at: at, to: &directory)
    }
    let start = out.count
    out += directory
    appendEnd(to: &out, directory: directory.count, at: start + skipped)
    return (out, holes)
  }

  private func appendLocal(_ entry: Entry, at: Int, to out: inout [UInt8]) {
    let name = Array((entry.localName ?? entry.name).utf8)
    let padding = (64 - (at + 30 + name.count + 4) % 64) % 64 + 4
    out += little(UInt32(0x0403_4B50), UInt16(0), entry.flags, entry.method)
    out += little(UInt32(0), UInt32(0), UInt32(0), UInt32(0))
    out += little(UInt16(name.count), UInt16(padding)) + name
    out += Array("FB".utf8) + little(UInt16(padding - 4))
    out += [UInt8](repeating: 0x5A, count: padding - 4) + entry.contents
  }

  private func appendListing(_ entry: Entry, at: Int, to out: inout [UInt8]) {
    let name = Array(entry.name.utf8)
    let size = entry.size ?? UInt64(entry.contents.count + entry.hole)
    let offset = entry.offset ?? UInt64(at)
    let crc = entry.crc ?? (entry.hole > 0 ? 0 : Self.crc(entry.contents))
    let extra = isWide ? little(UInt16(1), UInt16(24), size, size) + little(offset) : []
    let narrow = isWide ? UInt32.max : UInt32(truncatingIfNeeded: size)
    out += little(UInt32(0x0201_4B50), UInt16(0), UInt16(0), entry.flags, entry.method)
    out += little(UInt32(0), crc, narrow, narrow)
    out += little(UInt16(name.count), UInt16(extra.count), UInt16(0))
    out += little(UInt32(0), UInt32(0), isWide ? .max : UInt32(truncatingIfNeeded: offset))
    out += name + extra
  }

  private func appendEnd(to out: inout [UInt8], directory: Int, at start: Int) {
    let count = UInt64(entries.count), size = UInt64(directory), at = UInt64(start)
    if isWide {
      let end = at + size
      out += little(UInt32(0x0606_4B50), UInt64(44)) + little(UInt16(45), UInt16(45))
      out += little(UInt32(0), UInt32(0)) + little(count, count, size, at)
      out += little(UInt32(0x0706_4B50), UInt32(0)) + little(end) + little(UInt32(1))
    }
    out += little(UInt32(0x0605_4B50), UInt32(0))
    out += little(UInt16(truncatingIfNeeded: count), UInt16(truncatingIfNeeded: count))
    out += little(UInt32(truncatingIfNeeded: size), isWide ? .max : UInt32(truncatingIfNeeded: at))
    out += little(UInt16(comment.count)) + comment
  }

  /// The CRC-32 that zip asks for, bit by bit.
  public static func crc(_ bytes: [UInt8]) -> UInt32 {
    var value = UInt32.max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    return ~value
  }
}

/// Numbers one after another, little-endian.
public func little(_ numbers: any FixedWidthInteger...) -> [UInt8] {
  numbers.flatMap { bytes($0) }
}

private func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian, Array.init)
}
