import Packing
import Records
import Testing

@Suite("Byte sizes")
struct ByteSizeTests {
  @Test("sizes are read as people write them", arguments: [
    ("1", 1), ("4096", 4096), ("1KB", 1000), ("1KiB", 1024), ("256MiB", 256 << 20),
    ("256 mib", 256 << 20), ("2g", 2 << 30), ("1TB", 1_000_000_000_000),
  ])
  func read(text: String, bytes: Int) {
    #expect(ByteSize(text)?.bytes == bytes)
  }

  @Test("what is no size is refused", arguments: [
    "", "0", "-1", "MiB", "1XB", "1.5GB", "99999999999999999999", "9999999TiB", "1 MiB x",
  ])
  func refused(text: String) {
    #expect(ByteSize(text) == nil)
  }

  @Test("a size is told so that it reads back", arguments: [1, 1000, 1024, 1 << 20, 3 << 30])
  func roundTrip(bytes: Int) {
    let size = ByteSize("\(bytes)")
    #expect(ByteSize(size?.description ?? "") == size)
  }

  @Test("parts are read as I/N", arguments: [
    ("0/1", 0, 1), ("7/8", 7, 8), ("8/8", 8, 8),
  ])
  func part(text: String, index: Int, count: Int) {
    #expect(PackSettings.Part(text) == PackSettings.Part(index: index, count: count))
  }

  @Test("what is no part is refused", arguments: ["", "1", "/", "1/", "/2", "1/2/3", "a/b"])
  func noPart(text: String) {
    #expect(PackSettings.Part(text) == nil)
  }
}
