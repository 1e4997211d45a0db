import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Hostile zip archives")
struct HostileZipTests {
  private let sound = TorchForge.archive(
    .dictionary([
      (.text("a"), .tensor(ForgedTensor([1, 2, 3, 4], [2, 2]))),
      (.text("b"), .tensor(ForgedTensor("HalfStorage", contents: [0, 0x3C, 0, 0x40], [2]))),
    ]))

  private func refusal(_ zip: ZipForge) throws -> String {
    try refusal(of: zip.bytes)
  }

  private func refusal(of bytes: [UInt8]) throws -> String {
    let home = try TestFolder()
    try home.write(bytes, to: "x.pt")
    let error = #expect(throws: CheckpointError.self) {
      let file = try PyTorchFile(path: home.path("x.pt"))
      let tensors = try PyTorchTensors(file.root.dictionary ?? [], in: file)
      for entry in tensors.entries { _ = try tensors.tensor(entry.name) }
    }
    #expect(try home.names() == ["x.pt"])
    return error?.description ?? ""
  }

  @Test(
    "paths that climb, are absolute or no plain names are refused by name",
    arguments: [
      "../evil", "forged/../../etc/passwd", "/etc/passwd", "forged//data/0", "forged/./x",
      "forged\\..\\x", "forged/data/", "", "a\u{1}b",
    ])
  func paths(name: String) throws {
    var zip = sound
    zip.entries[2].name = name
    #expect(try refusal(zip).contains("leaves the archive"))
  }

  @Test("an entry of a name twice is refused")
  func duplicates() throws {
    var zip = sound
    zip.entries[3].name = zip.entries[2].name
    #expect(try refusal(zip).contains("twice"))
  }

  @Test("compressed and encrypted entries are refused by name")
  func compressed() throws {
    var zip = sound
    zip.entries[2].method = 8
    #expect(try refusal(zip).contains("holds forged/data/0, which is compressed"))
    zip.entries[2].method = 0
    zip.entries[2].flags |= 1
    #expect(try refusal(zip).contains("encrypted"))
  }

  @Test(
    "entries that overlap each other, the directory or the end are refused",
    arguments: [0, 64, 1 << 20, 1 << 40, UInt64.max - 1], [false, true])
  func offsets(offset: UInt64, wide: Bool) throws {
    var zip = sound
    zip.isWide = wide
    zip.entries[2].offset = offset
    #expect(try !refusal(zip).isEmpty)
  }

  @Test(
    "sizes that lie are refused and nothing is taken for them",
    arguments: [15, 17, 1 << 31, 1 << 40, 1 << 63, UInt64.max], [false, true])
  func sizes(size: UInt64, wide: Bool) throws {
    var zip = sound
    zip.isWide = wide
    zip.entries[2].size = size
    #expect(try !refusal(zip).isEmpty)
  }

  @Test("a local header of another name is refused")
  func localName() throws {
    var zip = sound
    zip.entries[2].localName = "forged/data/9"
    #expect(try refusal(zip).contains("local header"))
  }

  @Test("comments, missing pickles and foreign files are refused")
  func foreign() throws {
    var zip = sound
    zip.comment = Array("x".utf8)
    #expect(try !refusal(zip).isEmpty)
    zip = sound
    zip.entries[0].name = "forged/other.pkl"
    #expect(try refusal(zip).contains("not one of torch.save"))
    zip = sound
    zip.entries.append(.init("second/data.pkl", sound.entries[0].contents))
    #expect(try refusal(zip).contains("not one of torch.save"))
    let zeros = [UInt8](repeating: 0, count: 99)
    for bytes in [[], [0x50], Array("PK".utf8), Array("{}".utf8), zeros] {
      #expect(try !refusal(of: bytes).isEmpty)
    }
  }

  @Test("TorchScript and big-endian files are refused with what to do instead")
  func otherKinds() throws {
    var zip = sound
    zip.entries.append(.init("forged/constants.pkl", []))
    #expect(try refusal(zip).contains("torch.jit.load"))
    zip = sound
    zip.entries[1].contents = Array("big".utf8)
    #expect(try refusal(zip).contains("big-endian"))
  }

  @Test("damaged contents are told by their CRC-32, and a CRC-32 of zero is none")
  func checksums() throws {
    var zip = sound
    zip.entries[2].crc = 1
    #expect(try refusal(zip).contains("CRC-32"))
    zip.entries[2].crc = 0
    let home = try TestFolder()
    try home.write(zip.bytes, to: "x.pt")
    let file = try PyTorchFile(path: home.path("x.pt"))
    let tensors = try PyTorchTensors(file.root.dictionary ?? [], in: file)
    #expect(try tensors.tensor("a").values == [1, 2, 3, 4])
  }

  @Test("every bit flipped and every cut is refused or changes no tensor", arguments: [false, true])
  func flips(wide: Bool) throws {
    var zip = sound
    zip.isWide = wide
    let bytes = zip.bytes
    let home = try TestFolder()
    try home.write(bytes, to: "x.pt")
    for index in bytes.indices {
      for bit in 0..<8 {
        try home.patch("x.pt", at: index, to: bytes[index] ^ 1 << UInt8(bit))
        guard let file = try? PyTorchFile(path: home.path("x.pt")),
          let tensors = try? PyTorchTensors(file.root.dictionary ?? [], in: file),
          let a = try? tensors.tensor("a"), let b = try? tensors.tensor("b")
        else { continue }
        #expect(a.values == [1, 2, 3, 4] && b.values == [1, 2], "byte \(index), bit \(bit)")
      }
      try home.patch("x.pt", at: index, to: bytes[index])
    }
    for count in bytes.indices.reversed() {
      truncate(home.path("x.pt"), off_t(count))
      #expect(throws: CheckpointError.self) { try PyTorchFile(path: home.path("x.pt")) }
    }
  }
}
