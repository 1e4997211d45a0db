import CXXHash
import Images

/// What identifies a picture.
struct PictureMark: Sendable {
  /// A hash of the file's bytes.
  var file: UInt64
  /// Nil where only equal files count, or where the picture is too plain.
  var look: PictureFingerprint?

  /// - Throws: `ImageError` where the look is needed and the picture cannot be decoded.
  init(_ bytes: [UInt8], limits: ImageLimits, withLook: Bool) throws(ImageError) {
    file = bytes.withUnsafeBufferPointer { XXH64($0.baseAddress, $0.count, 0) }
    guard withLook else { return }
    // A JPEG is decoded at the smallest size that still gives the thumbnail its detail.
    look = PictureFingerprint(try ImageDecoder.decode(bytes, limits: limits, shorterSide: 72))
  }
}

/// Pictures so far, to find copies and look-alikes. Memory: 12 to 24 bytes per picture, and 64 more
/// where looks count.
struct SeenPictures {
  enum Match { case copy, alike }

  private var files = Set<UInt64>()
  private var looks = LookIndex()

  func match(_ mark: PictureMark) -> Match? {
    if files.contains(mark.file) { return .copy }
    if let look = mark.look, looks.containsNear(look) { return .alike }
    return nil
  }

  mutating func insert(_ mark: PictureMark) {
    files.insert(mark.file)
    if let look = mark.look { looks.insert(look) }
  }
}

/// Finds fingerprints that differ in few bits. Two that differ in at most 7 of 128 bits are equal
/// in at least one of 8 bands of 16 bits, so only those with an equal band are compared.
struct LookIndex {
  private static let bands = PictureFingerprint.distance + 1
  private static let none: Int32 = -1

  private var looks: [PictureFingerprint] = []
  /// For each band and value, the last look that has it.
  private var last = [Int32](repeating: none, count: bands << 16)
  /// For each look and band, the previous look with the same value of the band.
  private var before: [Int32] = []

  func containsNear(_ look: PictureFingerprint) -> Bool {
    for band in 0..<Self.bands {
      var index = last[band << 16 | Self.value(look, band)]
      while index != Self.none {
        if looks[Int(index)].isNear(look) { return true }
        index = before[Int(index) * Self.bands + band]
      }
    }
    return false
  }

  mutating func insert(_ look: PictureFingerprint) {
    precondition(looks.count < Int32.max, "an index holds at most two thousand million pictures")
    for band in 0..<Self.bands {
      let place = band << 16 | Self.value(look, band)
      before.append(last[place])
      last[place] = Int32(looks.count)
    }
    looks.append(look)
  }

  /// The bits of a band are spread over the picture, so that no band lies in an empty margin.
  private static func value(_ look: PictureFingerprint, _ band: Int) -> Int {
    var value = 0
    for row in 0..<8 {
      let place = UInt64(row * 8 + (band + 3 * row) % 8)
      value = value << 2 | Int(look.bits.x >> place & 1) << 1 | Int(look.bits.y >> place & 1)
    }
    return value
  }
}
