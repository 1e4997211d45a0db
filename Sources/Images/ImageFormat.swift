/// The formats that can be read.
public enum ImageFormat: String, Sendable, CaseIterable {
  case png, jpeg, webp, gif

  /// How the names of such files end, in lower case.
  public static let suffixes: Set<String> = ["jpg", "jpeg", "png", "webp", "gif"]

  /// The format, recognised by the first bytes; names and suffixes are not trusted.
  /// - Throws: `unsupportedFormat` for other well-known formats, `unknownFormat` for all else.
  public init(sniffing bytes: [UInt8]) throws(ImageError) {
    guard !bytes.isEmpty else { throw ImageError(.empty) }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.holds("RIFF", at: 0), bytes.holds("WEBP", at: 8) {
      self = .webp
    } else if bytes.holds("GIF87a", at: 0) || bytes.holds("GIF89a", at: 0) {
      self = .gif
    } else if let name = Self.refused(bytes) {
      throw ImageError(.unsupportedFormat(name))
    } else {
      throw ImageError(.unknownFormat)
    }
  }

  private static func refused(_ bytes: [UInt8]) -> String? {
    if bytes.holds("BM", at: 0) { return "BMP" }
    if bytes.holds("II*\0", at: 0) || bytes.holds("MM\0*", at: 0) { return "TIFF" }
    if bytes.holds("<svg", at: 0) { return "SVG" }
    guard bytes.holds("ftyp", at: 4) else { return nil }
    return bytes.holds("avif", at: 8) || bytes.holds("avis", at: 8) ? "AVIF" : "HEIF"
  }
}

extension [UInt8] {
  func holds(_ text: StaticString, at offset: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count - offset >= length else { return false }
    return (0..<length).allSatisfy { self[offset + $0] == text.utf8Start[$0] }
  }
}
