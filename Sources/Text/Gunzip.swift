import CZlib
import Foundation

/// Reads gzip files (RFC 1952) of one member.
enum Gunzip {
  static func isGzip(_ bytes: Data) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The bytes inside, at most `limit` of them; the checksum at the end is verified.
  static func inflate(_ bytes: Data, limit: Int, name: String) throws(TextError) -> Data {
    precondition(limit < Int(UInt32.max), "zlib counts in 32 bits")
    guard bytes.count <= limit else {
      throw TextError(name, .tooLarge(bytes: bytes.count, limit: limit))
    }
    var inside = Data()
    let code = bytes.withUnsafeBytes { inflate($0, into: &inside, limit: limit) }
    if inside.count > limit { throw TextError(name, .tooLarge(bytes: inside.count, limit: limit)) }
    guard code == Z_STREAM_END else {
      let why = code == Z_MEM_ERROR ? "no memory" : code == Z_OK ? "cut short" : "damaged"
      throw TextError(name, .badGzip(why))
    }
    return inside
  }

  private static func inflate(
    _ bytes: UnsafeRawBufferPointer, into inside: inout Data, limit: Int
  ) -> Int32 {
    var stream = z_stream()
    // 16 more than the window's 15 bits: a gzip header and checksum, nothing else.
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, size) == Z_OK else { return Z_MEM_ERROR }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(
      mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(bytes.count)
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while inside.count <= limit {
      let (code, count) = block.withUnsafeMutableBufferPointer { block in
        stream.next_out = block.baseAddress
        stream.avail_out = UInt32(block.count)
        let code = CZlib.inflate(&stream, Z_NO_FLUSH)
        return (code, block.count - Int(stream.avail_out))
      }
      inside.append(contentsOf: block[..<count])
      if code == Z_STREAM_END, stream.avail_in > 0 { return Z_DATA_ERROR }
      if code == Z_BUF_ERROR { return Z_OK }
      guard code == Z_OK else { return code }
    }
    return Z_OK
  }
}
