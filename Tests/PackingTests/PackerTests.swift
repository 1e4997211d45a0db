import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("Packer")
struct PackerTests {
  /// `count` pictures and a jsonl that names them.
  private func world(_ count: Int) throws -> TestFolder {
    let folder = try TestFolder()
    var lines = ""
    for index in 0..<count {
      try folder.write(TestPicture.png(index), to: "in/p\(index).png")
      lines += "{\"file\": \"p\(index).png\", \"caption\": \"picture \(index)\"}\n"
    }
    try folder.write(lines, to: "in/rows.jsonl")
    return folder
  }

  private static func small(_ settings: inout PackSettings) {
    settings.frameBytes = 4000
    settings.shardBytes = 1500
  }

  @Test("any number of threads gives the same bytes", arguments: [nil, 5] as [UInt64?])
  func threads(seed: UInt64?) throws {
    let folder = try world(40)
    var all: [[String: Data]] = []
    for jobs in [1, 2, 3, 8] {
      _ = try folder.pack("in/rows.jsonl", to: "j\(jobs)/set") {
        Self.small(&$0)
        ($0.jobs, $0.seed) = (jobs, seed)
      }
      all.append(try folder.contents("j\(jobs)/set"))
    }
    #expect(all[0].count > 2)
    #expect(all.allSatisfy { $0 == all[0] })
  }

  @Test("rows keep the input's order; a seed shuffles them and loses none")
  func order() throws {
    let folder = try world(30)
    _ = try folder.pack("in/rows.jsonl", to: "plain")
    _ = try folder.pack("in/rows.jsonl", to: "mixed") { $0.seed = 3 }
    let plain = try folder.samples("plain"), mixed = try folder.samples("mixed")
    #expect(plain.map(\.key) == (0..<30).map { "p\($0)" })
    #expect(plain != mixed)
    #expect(plain.sorted { $0.key < $1.key } == mixed.sorted { $0.key < $1.key })
  }

  @Test("keys that are not their files' paths are counted and told, with the first as an example")
  func renamed() throws {
    let folder = try TestFolder()
    for name in ["a.png", "b/x.y.z.png", "b/x.y_z.png", "c.d/e.png"] {
      try folder.write(TestPicture.png(1), to: "in/\(name)")
      try folder.write("a text", to: "in/\(name.dropLast(3))txt")
    }
    let (counts, _) = try folder.pack("in", to: "set")
    let notices = try folder.notices("in", to: "again")
    #expect(counts.samples == 4 && counts.renamed == 3)
    let text = "renamed 3 keys, first b/x.y.z.png to b/x_y_z: a key has no dots, and comes once"
    #expect(notices.filter { $0.hasSuffix(text) }.count == 1, "\(notices)")
    #expect(Set(try folder.samples("set").map(\.key)) == ["a", "b/x_y_z", "b/x_y_z-2", "c_d/e"])
  }

  @Test("parts together are the whole, without a key twice", arguments: 1...4)
  func parts(count: Int) throws {
    let folder = try world(11)
    try folder.write(String(repeating: "{\"file\": \"p1.png\"}\n", count: 9), to: "in/more.jsonl")
    _ = try folder.pack("in/more.jsonl", to: "whole")
    for index in 0..<count {
      let (counts, _) = try folder.pack("in/more.jsonl", to: "set") {
        $0.part = .init(index: index, count: count)
      }
      #expect(counts.rows == (0..<9).filter { $0 % count == index }.count)
    }
    let set = folder.url.appending(path: "set")
    #expect(try folder.contents("set").keys.contains("set-0-00000.tar.zst"))
    #expect(try folder.contents("set")["index.json"] == nil)
    try RecordIndex(rebuilding: set).write(to: set)
    let keys = try folder.samples("set").map(\.key)
    #expect(keys.sorted() == (try folder.samples("whole").map(\.key).sorted()))
    #expect(Set(keys).count == 9)
  }

  @Test("a packer stopped after any shard goes on to the same bytes")
  func continues() throws {
    let folder = try world(40)
    _ = try folder.pack("in/rows.jsonl", to: "whole/set", Self.small)
    let whole = try folder.contents("whole/set")
    let shards = whole.keys.filter { $0 != "index.json" }.sorted()
    #expect(shards.count > 2)
    for kept in 0...shards.count {
      for name in shards.prefix(kept) {
        try folder.write(Array(try #require(whole[name])), to: "\(kept)/set/\(name)")
      }
      let (counts, _) = try folder.pack("in/rows.jsonl", to: "\(kept)/set", Self.small)
      #expect(counts.samples == 40)
      #expect((counts.continued > 0) == (kept > 0))
      #expect(try folder.contents("\(kept)/set") == whole)
    }
  }

  @Test("shards of another input are not continued", arguments: [UInt64(9), nil])
  func notContinued(seed: UInt64?) throws {
    let folder = try world(40)
    _ = try folder.pack("in/rows.jsonl", to: "set", Self.small)
    try FileManager.default.removeItem(at: folder.url.appending(path: "set/index.json"))
    let before = try folder.contents("set")
    #expect {
      try folder.pack("in/rows.jsonl", to: "set") {
        Self.small(&$0)
        ($0.seed, $0.limit) = (seed, seed == nil ? 20 : nil)
      }
    } throws: { error in
      guard case .notContinued = (error as? PackingError)?.reason else { return false }
      return true
    }
    #expect(try folder.contents("set") == before)
  }

  @Test("a finished dataset and a folder of other shards are left alone")
  func taken() throws {
    let folder = try world(3)
    _ = try folder.pack("in/rows.jsonl", to: "set")
    let place = folder.url.appending(path: "set").path
    #expect(throws: PackingError(place, .finished)) { try folder.pack("in/rows.jsonl", to: "set") }
    try FileManager.default.moveItem(
      at: folder.url.appending(path: "set"), to: folder.url.appending(path: "new"))
    try FileManager.default.removeItem(at: folder.url.appending(path: "new/index.json"))
    let other = folder.url.appending(path: "new").path
    #expect(throws: PackingError(other, .otherShards("set-00000.tar.zst"))) {
      try folder.pack("in/rows.jsonl", to: "new")
    }
  }

  @Test("where nothing could be packed no new folder is left")
  func nothingLeft() throws {
    let folder = try TestFolder()
    try folder.write("no picture", to: "in/a/x.png")
    for format in [InputFormat.folder, .imagefolder] {
      #expect(throws: PackingError.self) {
        try folder.pack("in", to: "new/deep/set") { $0.format = format }
      }
      #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "new").path))
    }
  }

  @Test("a limit takes the first rows", arguments: [1, 2, 7, 8])
  func limit(limit: Int) throws {
    let folder = try world(7)
    let (counts, _) = try folder.pack("in/rows.jsonl") { $0.limit = limit }
    #expect(counts.samples == min(limit, 7))
  }

  @Test("pictures above the largest side are made smaller, others stay as they are")
  func maximumSide() throws {
    let folder = try TestFolder()
    let small = try TestPicture.png(1, width: 8, height: 4)
    try folder.write(small, to: "in/a.png")
    try folder.write(TestPicture.png(2, width: 9, height: 4), to: "in/b.png")
    try folder.write(TestPicture.jpeg(3, width: 10, height: 40), to: "in/c.jpg")
    for name in ["a", "b", "c"] { try folder.write(name, to: "in/\(name).txt") }
    _ = try folder.pack("in") { $0.maximumSide = 8 }
    let samples = try folder.samples()
    #expect(samples.map { $0.image?.suffix } == ["png", "png", "jpg"])
    #expect(samples[0].image?.bytes == small)
    #expect(try samples[1].size == [8, 4])
    #expect(try samples[2].size == [2, 8])
  }

  @Test("settings outside their ranges are refused by their options' names")
  func settings() throws {
    let folder = try world(1)
    let changes: [(String, (inout PackSettings) -> Void)] = [
      ("--jobs", { $0.jobs = 0 }), ("--limit", { $0.limit = 0 }),
      ("--max-side", { $0.maximumSide = 0 }),
      ("--part", { $0.part = .init(index: 2, count: 2) }),
      ("--part", { $0.part = .init(index: 0, count: 0) }),
    ]
    for (option, change) in changes {
      #expect {
        try folder.pack("in/rows.jsonl", change)
      } throws: { error in
        (error as? PackingError)?.place == option && (error as? PackingError)?.exitCode == 64
      }
    }
  }
}
