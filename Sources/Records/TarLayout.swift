/// Writes tar members as shards have them: ustar, one regular file each, with fixed values (mode
/// 0644, owner 0, time 0), and a pax header where a name does not fit.
///
/// Source: POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Interchange Format".
enum TarLayout {
  static let blockBytes = 512
  /// The two blocks of zeros at the end of a tar.
  static let endBytes = 2 * blockBytes

  static func name(key: String, suffix: String) -> [UInt8] {
    Array("\(key).\(suffix)".utf8)
  }

  /// How many bytes `append` adds.
  static func memberBytes(name: [UInt8], bytes: Int) -> Int {
    let pax = split(name) == nil ? blockBytes + padded(paxRecord(path: name).count) : 0
    return pax + blockBytes + padded(bytes)
  }

  static func append(name: [UInt8], bytes: [UInt8], to tar: inout [UInt8]) {
    if let (prefix, rest) = split(name) {
      appendHeader(prefix: prefix, name: rest, bytes: bytes.count, type: "0", to: &tar)
    } else {
      let record = paxRecord(path: name)
      appendHeader(
        prefix: [], name: Array("PaxHeader".utf8), bytes: record.count, type: "x", to: &tar)
      appendPadded(record, to: &tar)
      let plain = name.prefix(100).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
      appendHeader(prefix: [], name: plain, bytes: bytes.count, type: "0", to: &tar)
    }
    appendPadded(bytes, to: &tar)
  }

  static func padded(_ bytes: Int) -> Int {
    (bytes + blockBytes - 1) / blockBytes * blockBytes
  }

  /// A name in ustar's two fields (155 and 100 bytes of ASCII, divided at a slash); nil if it does
  /// not fit.
  private static func split(_ name: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
    guard name.allSatisfy({ $0 < 0x80 }) else { return nil }
    guard name.count > 100 else { return ([], name) }
    guard name.count <= 256 else { return nil }
    let slash = (1...155).first { cut in
      cut < name.count - 1 && name[cut] == UInt8(ascii: "/") && name.count - cut - 1 <= 100
    }
    return slash.map { (Array(name[..<$0]), Array(name[($0 + 1)...])) }
  }

  /// `LENGTH path=NAME\n`, where the length counts its own digits.
  private static func paxRecord(path: [UInt8]) -> [UInt8] {
    let body = Array(" path=".utf8) + path + [0x0A]
    var length = body.count + 1
    while String(length).utf8.count + body.count != length { length += 1 }
    return Array(String(length).utf8) + body
  }

  private static func appendPadded(_ bytes: [UInt8], to tar: inout [UInt8]) {
    tar.append(contentsOf: bytes)
    tar.append(contentsOf: repeatElement(0, count: padded(bytes.count) - bytes.count))
  }

  private static func appendHeader(
    prefix: [UInt8], name: [UInt8], bytes: Int, type: Unicode.Scalar, to tar: inout [UInt8]
  ) {
    var header = [UInt8](repeating: 0, count: blockBytes)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    put(name, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(bytes, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put("        ".utf8, at: 148)
    header[156] = UInt8(ascii: type)
    put("ustar\0".utf8, at: 257)
    put("00".utf8, at: 263)
    put(octal(0, digits: 7), at: 329)
    put(octal(0, digits: 7), at: 337)
    put(prefix, at: 345)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
    header[154] = 0
    tar.append(contentsOf: header)
  }

  private static func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = Array(String(value, radix: 8).utf8)
    return [UInt8](repeating: UInt8(ascii: "0"), count: digits - text.count) + text
  }
}
