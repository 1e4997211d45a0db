/// The checksum of TensorBoard's files: CRC-32C, polynomial 0x1EDC6F41 with its bits reflected
/// (RFC 3720, appendix B.4).
public enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value >> 1 ^ (value & 1 == 1 ? 0x82F6_3B78 : 0)
    }
  }

  public static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in
      table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8
    }
  }

  /// The checksum as it is stored beside the bytes: rotated and shifted, because a checksum of
  /// bytes that hold their own checksum would be useless.
  public static func masked(of bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = checksum(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
