/// Reads little-endian numbers from bytes, one after another and never past the end.
struct ByteCursor {
  let bytes: [UInt8]
  private(set) var position = 0
  private let place: String

  /// - Parameter place: the file, for the error's text.
  init(_ bytes: [UInt8], place: String) {
    self.bytes = bytes
    self.place = place
  }

  var rest: Int { bytes.count - position }

  /// - Throws: `.truncated` where fewer bytes are left.
  mutating func take(_ count: Int) throws(CheckpointError) -> ArraySlice<UInt8> {
    guard count <= rest else {
      let (needed, overflow) = position.addingReportingOverflow(count)
      throw CheckpointError(
        place, .truncated(expected: overflow ? .max : needed, found: bytes.count))
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(CheckpointError) -> Number {
    let field = try take(Number.bitWidth / 8)
    return Number(truncatingIfNeeded: field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  /// A size of up to 64 bits.
  /// - Throws: `.malformed` for a size that no file on this machine could have.
  mutating func size<Number: UnsignedInteger & FixedWidthInteger>(
    _ type: Number.Type
  ) throws(CheckpointError) -> Int {
    guard let size = Int(exactly: try number(type)) else {
      throw CheckpointError(place, .malformed("gives a size beyond 2^63 at byte \(position)"))
    }
    return size
  }

  /// `count` bytes as text.
  mutating func text(_ count: Int) throws(CheckpointError) -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw CheckpointError(place, .malformed("holds a text that is not UTF-8"))
    }
    return text
  }
}
