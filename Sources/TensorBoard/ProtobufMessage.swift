/// A message in the wire format of protocol buffers. Its fields are in the order in which they were
/// added.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum Wire: UInt64 { case varint = 0, fixed64 = 1, lengthDelimited = 2, fixed32 = 5 }

  mutating func add(_ field: UInt64, _ value: Int) {
    begin(field, .varint)
    append(varint: UInt64(bitPattern: Int64(value)))
  }

  mutating func add(_ field: UInt64, _ value: Double) {
    begin(field, .fixed64)
    bytes += value.bitPattern.littleEndianBytes
  }

  mutating func add(_ field: UInt64, _ value: Float) {
    begin(field, .fixed32)
    bytes += value.bitPattern.littleEndianBytes
  }

  mutating func add(_ field: UInt64, _ text: String) { add(field, Array(text.utf8)) }

  mutating func add(_ field: UInt64, _ message: ProtobufMessage) { add(field, message.bytes) }

  /// A packed list.
  mutating func add(_ field: UInt64, _ values: [Double]) {
    add(field, values.flatMap(\.bitPattern.littleEndianBytes))
  }

  mutating func add(_ field: UInt64, _ content: [UInt8]) {
    begin(field, .lengthDelimited)
    append(varint: UInt64(content.count))
    bytes += content
  }

  private mutating func begin(_ field: UInt64, _ wire: Wire) {
    append(varint: field << 3 | wire.rawValue)
  }

  /// Seven bits a byte, the lowest first; the eighth bit means that more bytes follow.
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}
