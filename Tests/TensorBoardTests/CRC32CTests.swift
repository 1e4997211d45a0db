import TensorBoard
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  @Test("is the published check value's, and RFC 3720's of 32 bytes")
  func known() {
    #expect(CRC32C.checksum(of: "123456789".utf8) == 0xE306_9283)
    #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum(of: [UInt8](repeating: 255, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(of: 0..<32) == 0x46DD_794E)
    #expect(CRC32C.checksum(of: []) == 0)
  }
}
