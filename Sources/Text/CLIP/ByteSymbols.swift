/// CLIP's base vocabulary: every byte as a printable character, so that merges can be written as
/// text. First the bytes that are printable characters of Latin-1 themselves, then the other 68,
/// which stand as U+0100 and up.
enum ByteSymbols {
  /// The end of every symbol that ends a word.
  static let wordEnd = Array("</w>".utf8)

  /// The 256 bytes in the vocabulary's order.
  static let bytes: [UInt8] = {
    let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF].flatMap { Array($0) as [UInt8] }
    return printable + (0...255).filter { !printable.contains($0) }
  }()

  /// The characters that represent `bytes`, each as UTF-8.
  static let characters: [[UInt8]] = bytes.enumerated().map { place, byte in
    let code = place < printableCount ? Int(byte) : 0x100 + place - printableCount
    return code < 0x80 ? [byte] : [UInt8(0xC0 | code >> 6), UInt8(0x80 | code & 0x3F)]
  }

  /// The id of each byte, 0 to 255; 256 more where it ends a word.
  static let ids: [Int32] = {
    var ids = [Int32](repeating: 0, count: 256)
    for (id, byte) in bytes.enumerated() { ids[Int(byte)] = Int32(id) }
    return ids
  }()

  private static let printableCount = 256 - 68
}
