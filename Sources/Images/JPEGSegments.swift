/// What the segments before a JPEG's first scan tell, and the library does not.
struct JPEGSegments {
  private(set) var orientation = Orientation.upright
  private(set) var isAdobe = false
  private(set) var firstScan: Int?

  /// Stops where segments make no sense; the library judges that. Skips stray bytes, as it does.
  init(_ bytes: [UInt8]) {
    var at = 2
    while at + 4 <= bytes.count {
      let marker = bytes[at + 1]
      guard bytes[at] == 0xFF, marker != 0xFF else {
        at += 1
        continue
      }
      if marker == 0xDA { firstScan = at }
      if marker == 0xDA || marker == 0xD9 { return }
      if Self.standAlone.contains(marker) {
        at += 2
        continue
      }
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      guard length >= 2, at + 2 + length <= bytes.count else { return }
      read(marker, bytes[(at + 4)..<(at + 2 + length)])
      at += 2 + length
    }
  }

  /// Markers without a length: an escaped byte, TEM and the restarts.
  private static let standAlone: Set<UInt8> = Set([0x00, 0x01] + (0xD0...0xD7))

  private mutating func read(_ marker: UInt8, _ body: ArraySlice<UInt8>) {
    if marker == 0xEE, body.starts(with: "Adobe".utf8) { isAdobe = true }
    if marker == 0xE1, body.starts(with: "Exif\0\0".utf8),
      let found = ExifDirectory(body.dropFirst(6))?.orientation
    {
      orientation = found
    }
  }

  /// Whether the marker that ends a picture comes after the first scan.
  func hasEnd(_ bytes: [UInt8]) -> Bool {
    guard let firstScan else { return false }
    var at = bytes.count - 2
    while at > firstScan {
      if bytes[at] == 0xFF, bytes[at + 1] == 0xD9 { return true }
      at -= 1
    }
    return false
  }
}

/// The first directory of an EXIF block, which is a TIFF header and 12-byte entries.
struct ExifDirectory {
  private(set) var orientation: Orientation?

  /// Nil if the block is not a TIFF header with a directory inside its bounds.
  init?(_ block: ArraySlice<UInt8>) {
    let bytes = Array(block)
    let isLittle = bytes.holds("II*\0", at: 0)
    guard isLittle || bytes.holds("MM\0*", at: 0) else { return nil }

    func number(at offset: Int, bytes length: Int) -> Int? {
      guard offset >= 0, offset <= bytes.count - length else { return nil }
      let digits = bytes[offset..<(offset + length)]
      return (isLittle ? Array(digits.reversed()) : Array(digits)).reduce(0) {
        $0 << 8 | Int($1)
      }
    }

    guard let directory = number(at: 4, bytes: 4),
      let entries = number(at: directory, bytes: 2)
    else { return nil }
    for entry in 0..<entries {
      let at = directory + 2 + 12 * entry
      guard let tag = number(at: at, bytes: 2), let type = number(at: at + 2, bytes: 2),
        number(at: at + 8, bytes: 4) != nil
      else { return }
      guard tag == 0x0112 else { continue }
      let isLong = type == 4
      orientation = number(at: at + 8, bytes: isLong ? 4 : 2).flatMap(Orientation.init)
      return
    }
  }
}
