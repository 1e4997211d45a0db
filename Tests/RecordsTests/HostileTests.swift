import Foundation
import Records
import Testing
import TestSupport

@Suite("Shards made to do harm")
struct HostileTests {
  private func read(_ forge: ShardForge) throws -> [Sample] {
    let folder = try TestFolder()
    try folder.write(forge.bytes, to: "x.tar.zst")
    return try ShardReader(file: folder.file("x.tar.zst")).readAll()
  }

  private func read(_ tar: [UInt8], samples: UInt32 = 1) throws -> [Sample] {
    try read(ShardForge([.init(tar: tar, samples: samples)]))
  }

  @Test("a shard made from the format's description alone is read")
  func described() throws {
    let pax = ShardForge.member("PaxHeader", "18 path=böse.txt\n", type: "x")
    let tar = ShardForge.member("a/b.jpg") + ShardForge.member("a/b.seg.png", "more")
      + pax + ShardForge.member("cut.txt")
    let samples = try read(tar, samples: 2)
    #expect(samples == [
      Sample(key: "a/b", fields: [
        Field(suffix: "jpg", bytes: Array("word".utf8)),
        Field(suffix: "seg.png", bytes: Array("more".utf8)),
      ]),
      SampleMaker.plain("böse"),
    ])
  }

  @Test("names that leave the folder, are empty or hold controls are refused", arguments: [
    "/etc/passwd.txt", "../a.txt", "a/../b.txt", "./a.txt", "a//b.txt", ".txt", "a/.txt", "a", "a.",
    "a.TXT", "a\n.txt", "a..txt", "dir.d/a", "a.t t",
  ])
  func names(name: String) throws {
    let reason = reason { _ = try read(ShardForge.member(name)) }
    guard case .name = reason else {
      Issue.record("\(name): \(String(describing: reason))")
      return
    }
  }

  @Test("links, folders, devices and vendors' members are refused",
        arguments: ["1", "2", "3", "4", "5", "6", "7", "L", "g", "S"] as [Character])
  func kinds(type: Character) throws {
    #expect(reason { _ = try read(ShardForge.member("a.txt", type: type)) }
      == .member("it is not a regular file"))
  }

  @Test("pax records that are cut, endless or change a size are refused", arguments: [
    "", "18 path=x.txt\n", "0 path=x.txt\n", "99999999999 path=x\n", "14 path=x.txt ",
    "path=x.txt\n", "11 size=99\n", "3 \n", "22 GNU.sparse.major=1\n", "-4 path=x.txt\n",
  ])
  func paxRecords(records: String) throws {
    let tar = ShardForge.member("PaxHeader", records, type: "x") + ShardForge.member("b.txt")
    if records.isEmpty {
      #expect(try read(tar).map(\.key) == ["b"])
    } else {
      #expect(throws: RecordError.self) { try read(tar) }
    }
  }

  @Test("a tar header with any byte changed is refused, whatever its frame's checksum says")
  func headers() throws {
    let tar = ShardForge.member("a.txt")
    for index in 0..<512 {
      var damaged = tar
      damaged[index] &+= 1
      #expect(throws: RecordError.self, "byte \(index)") { try read(damaged) }
    }
  }

  @Test("sizes beyond the frame are refused")
  func sizes() throws {
    let tar = ShardForge.member("a.txt", String(repeating: "x", count: 600))
    #expect(reason { _ = try read(Array(tar[..<1024])) } == .truncated(expected: 1024, found: 512))
    let pax = ShardForge.member("PaxHeader", "14 path=x.txt\n", type: "x")
    #expect(reason { _ = try read(pax) } == .truncated(expected: 512, found: 0))
  }

  @Test("two fields of one suffix, and samples that are not those counted, are refused")
  func counts() throws {
    let twice = ShardForge.member("a.txt") + ShardForge.member("a.txt")
    #expect(reason { _ = try read(twice) } == .member("two fields .txt"))
    #expect(reason { _ = try read(ShardForge.member("a.txt"), samples: 2) }
      == .count(stated: 2, found: 1))
    #expect(reason { _ = try read(ShardForge.member("a.txt"), samples: 3) }
      == .table("frame 0 states 3 samples"))
    #expect(reason { _ = try read(ShardForge.member("a.txt"), samples: 0) }
      == .table("frame 0 states 0 samples"))
  }

  @Test("tables that promise too much are refused before anything is allocated")
  func tables() throws {
    let member = ShardForge.member("a.txt")
    func forged(_ change: (inout ShardForge) -> Void) -> RecordError.Reason? {
      var forge = ShardForge([.init(tar: member, samples: 1)])
      change(&forge)
      return reason { _ = try read(forge) }
    }
    #expect(forged { _ in } == nil)
    #expect(forged { $0.version = 2 } == .version(found: 2, known: 1))
    let huge = UInt32(RecordLimits.frameBytes) + 512
    #expect(forged { $0.frames[0].statedRawBytes = huge }
      == .tooLarge(what: "a frame", bytes: Int(huge), limit: RecordLimits.frameBytes))
    for bytes: UInt32 in [0, 1, 513] {
      #expect(forged { $0.frames[0].statedRawBytes = bytes }
        == .table("its seek table states an impossible frame"))
    }
    // What a frame states of itself, with a checksum, counts for more.
    #expect(forged { $0.frames[0].statedRawBytes = UInt32(RecordLimits.frameBytes) } == nil)
    for change: (inout ShardForge) -> Void in [
      { $0.version = 2 }, { $0.descriptor = 0x80 }, { $0.countsMagic += 1 },
      { $0.tableMagic -= 1 }, { $0.frames[0].hasChecksum = false },
      { $0.frames[0].hasContentSize = false }, { $0.frames.removeLast() },
      { $0.frames[1].tar[7] = 1 }, { $0.frames.append($0.frames[1]) }, { $0.frames = [] },
    ] { #expect(forged(change) != nil) }
  }

  @Test("what is no regular file is refused and does not block")
  func noFile() throws {
    let folder = try TestFolder()
    #expect(mkfifo(folder.file("pipe").path, 0o600) == 0)
    for url in [folder.file("pipe"), folder.url] {
      #expect(reason { _ = try ShardReader(file: url) } == .table("it is not a regular file"))
    }
    #expect(reason { _ = try ShardReader(file: folder.file("none")) }
      == .io(operation: "open", code: ENOENT))
  }
}
