/// One header block of a tar, read without trusting it.
public struct TarHeader: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case file
    /// A pax header for the next member.
    case pax
    /// Any other type flag: folders, links, devices, and those of vendors.
    case other(UInt8)
  }

  /// The member's path as it is in the block; a pax header before it may have a better one.
  public let name: [UInt8]
  /// Bytes of the content, which is padded to a multiple of 512.
  public let bytes: Int
  public let kind: Kind

  /// - Parameter block: 512 bytes.
  /// - Throws: `RecordError.Reason.member` if it is too short, its checksum is wrong, or its size
  ///   is not an octal number of at most 8 GiB.
  public init(block: ArraySlice<UInt8>) throws(RecordError.Reason) {
    guard block.count == TarLayout.blockBytes else { throw .member("a header cut short") }
    let header = Array(block)
    let sum = header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) }
    guard Self.octal(header[148..<156]) == sum else { throw .member("its header's checksum") }
    guard let bytes = Self.octal(header[124..<136]) else { throw .member("its size") }
    self.bytes = bytes
    let prefix = Self.text(header[345..<500])
    let isUstar = header[257..<263].elementsEqual("ustar\0".utf8)
    let name = Self.text(header[..<100])
    self.name = isUstar && !prefix.isEmpty ? prefix + [UInt8(ascii: "/")] + name : name
    switch header[156] {
    case 0, UInt8(ascii: "0"): kind = .file
    case UInt8(ascii: "x"): kind = .pax
    case let flag: kind = .other(flag)
    }
  }

  /// The `path` of a pax header's records; nil if there is none.
  /// - Throws: `RecordError.Reason.member` for records that are cut short or change a member's
  ///   size.
  public static func path(
    paxRecords: ArraySlice<UInt8>
  ) throws(RecordError.Reason) -> [UInt8]? {
    var path: [UInt8]?
    var rest = paxRecords
    while !rest.isEmpty {
      guard let space = rest.prefix(12).firstIndex(of: 0x20),
        let length = decimal(rest[..<space]), length <= rest.count,
        length > space - rest.startIndex + 1
      else { throw .member("a pax record cut short") }
      let record = rest[(space + 1)..<(rest.startIndex + length)]
      guard record.last == 0x0A, let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw .member("a pax record without `=` or its newline")
      }
      let keyword = record[..<equals]
      if keyword.elementsEqual("path".utf8) {
        path = Array(record[(equals + 1)...].dropLast())
      } else if keyword.elementsEqual("size".utf8) || keyword.starts(with: "GNU.sparse".utf8) {
        throw .member("a pax record that changes its size")
      }
      rest = rest[(rest.startIndex + length)...]
    }
    return path
  }

  private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] {
    Array(field.prefix { $0 != 0 })
  }

  /// Up to 11 octal digits after spaces; only spaces and zeros may follow.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let number = field.drop { $0 == 0x20 }
    let digits = number.prefix { (0x30...0x37).contains($0) }
    let rest = number.dropFirst(digits.count)
    guard !digits.isEmpty, digits.count <= 11, rest.allSatisfy({ $0 == 0 || $0 == 0x20 })
    else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...10).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
