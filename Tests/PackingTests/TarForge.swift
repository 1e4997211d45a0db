import CZlib
import CZstd

/// Builds tars byte by byte, so that they can be wrong on purpose.
enum TarForge {
  static let end = [UInt8](repeating: 0, count: 1024)

  /// A member with its content padded.
  /// - Parameter stated: the size in the header where it isn't the content's.
  static func member(
    _ name: [UInt8], _ content: [UInt8], type: Character = "0", stated: Int? = nil,
    link: String = ""
  ) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    header.replaceSubrange(0..<min(100, name.count), with: name.prefix(100))
    header.replaceSubrange(100..<108, with: "0000644\0".utf8)
    header.replaceSubrange(108..<124, with: "0000000\00000000\0".utf8)
    header.replaceSubrange(124..<136, with: size(stated ?? content.count))
    header.replaceSubrange(136..<148, with: "00000000000\0".utf8)
    header.replaceSubrange(148..<156, with: "        ".utf8)
    header[156] = type.asciiValue ?? 0
    header.replaceSubrange(157..<(157 + link.utf8.count), with: link.utf8)
    header.replaceSubrange(257..<265, with: "ustar\u{0}00".utf8)
    let sum = header.reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    let padded = String(repeating: "0", count: 6 - digits.count) + digits
    header.replaceSubrange(148..<156, with: (padded + "\u{0} ").utf8)
    return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  static func member(
    _ name: String, _ content: [UInt8], type: Character = "0", stated: Int? = nil,
    link: String = ""
  ) -> [UInt8] {
    member(Array(name.utf8), content, type: type, stated: stated, link: link)
  }

  static func member(_ name: String, _ content: String) -> [UInt8] {
    member(name, Array(content.utf8))
  }

  /// A pax header with one record for the member behind it.
  static func pax(_ keyword: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(keyword)=".utf8) + value + [0x0A]
    var length = rest.count
    while String(length).utf8.count + rest.count != length {
      length = String(length).utf8.count + rest.count
    }
    return member("pax", Array(String(length).utf8) + rest, type: "x")
  }

  /// GNU's header for a long name.
  static func longName(_ name: String) -> [UInt8] {
    member("././@LongLink", Array(name.utf8) + [0], type: "L")
  }

  /// Octal digits, or GNU's base 256 above 8 GiB.
  private static func size(_ bytes: Int) -> [UInt8] {
    if bytes >= 1 << 33 {
      let places = (0..<8).reversed()
      return [0x80, 0, 0, 0] + places.map { UInt8(truncatingIfNeeded: bytes >> ($0 * 8)) }
    }
    let digits = String(bytes, radix: 8)
    return Array((String(repeating: "0", count: 11 - digits.count) + digits + "\u{0}").utf8)
  }

  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    let bound = Int(deflateBound(&stream, UInt(bytes.count)))
    return [UInt8](unsafeUninitializedCapacity: bound) { out, count in
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = out.baseAddress
        stream.avail_out = UInt32(out.count)
        deflate(&stream, Z_FINISH)
      }
      count = Int(stream.total_out)
    }
  }

  static func zstd(_ bytes: [UInt8]) -> [UInt8] {
    let bound = ZSTD_compressBound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { out, count in
      count = ZSTD_compress(out.baseAddress, bound, bytes, bytes.count, 1)
    }
  }
}
