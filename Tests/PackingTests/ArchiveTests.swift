import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("Archives")
struct ArchiveTests {
  private static func sample(_ key: String, _ shade: Int = 1) throws -> [UInt8] {
    TarForge.member("\(key).jpg", try TestPicture.png(shade))
      + TarForge.member("\(key).txt", "caption of \(key)\n")
  }

  private static func captions(_ folder: TestFolder, _ to: String = "out") throws -> [String] {
    try folder.samples(to).map { try $0.annotation().captions.first ?? "" }
  }

  @Test("what img2dataset writes is read, and what lies beside is named", arguments: [
    "tar", "tar.gz", "tgz", "tar.zst",
  ])
  func img2dataset(suffix: String) throws {
    let folder = try TestFolder()
    for archive in 0..<2 {
      var tar: [UInt8] = []
      for number in 0..<3 {
        let key = "0000\(archive)000\(number)"
        tar += try Self.sample(key, archive * 3 + number)
        tar += TarForge.member("\(key).json", """
          {"caption": "caption of \(key)", "url": "http://h/1.jpg", "key": "\(key)",
           "status": "success", "error_message": null, "width": 3, "similarity": NaN}
          """)
      }
      tar += TarForge.end
      if suffix == "tar.zst" { tar = TarForge.zstd(tar) }
      if suffix == "tar.gz" || suffix == "tgz" { tar = TarForge.gzip(tar) }
      try folder.write(tar, to: "in/0000\(archive).\(suffix)")
      try folder.write("x", to: "in/0000\(archive).parquet")
      try folder.write("{}", to: "in/0000\(archive)_stats.json")
    }
    let place = folder.url.appending(path: "in").path
    #expect(try folder.notices("in") == ["\(place): ignored: 2 .json, 2 .parquet"])
    let samples = try folder.samples()
    let keys = (0..<6).map { "0000\($0 / 3)000\($0 % 3)" }
    #expect(samples.map(\.key) == keys)
    #expect(try samples.map { try $0.annotation().captions } == keys.map { ["caption of \($0)"] })
    #expect(samples.map { $0.image?.suffix } == Array(repeating: "png", count: 6))
    let json = String(decoding: try #require(samples[0].bytes("json")), as: UTF8.self)
    #expect(json.contains("\"similarity\":null") && json.contains("\"status\":\"success\""))
  }

  @Test("shards of this project go in again and come out the same")
  func ownShards() throws {
    let folder = try TestFolder()
    for index in 0..<5 {
      try folder.write(TestPicture.png(index), to: "in/a/\(index).png")
      try folder.write(
        "{\"captions\": [\"x\", \"y\"], \"cls\": \(index)}", to: "in/a/\(index).json")
    }
    _ = try folder.pack("in", to: "first") { $0.frameBytes = 3000 }
    _ = try folder.pack("first", to: "second") { $0.frameBytes = 3000 }
    #expect(try folder.samples("second") == folder.samples("first"))
  }

  @Test("parts take whole archives, and together they are all")
  func parts() throws {
    let folder = try TestFolder()
    for archive in 0..<5 {
      try folder.write(Self.sample("k\(archive)") + TarForge.end, to: "in/\(archive).tar")
    }
    for index in 0..<3 { _ = try folder.pack("in") { $0.part = .init(index: index, count: 3) } }
    let out = folder.url.appending(path: "out")
    try RecordIndex(rebuilding: out).write(to: out)
    #expect(try folder.samples().map(\.key) == ["k0", "k3", "k1", "k4", "k2"])
  }

  @Test("members that are no pictures and texts cost only themselves", arguments: [
    ("climbs", TarForge.member("../x.jpg", "x"), "../x.jpg climbs"),
    ("climbs inside", TarForge.member("a/../../x.jpg", "x"), "climbs"),
    ("absolute", TarForge.member("/etc/x.jpg", "x"), "/etc/x.jpg climbs"),
    ("symbolic link", TarForge.member("l.jpg", [], type: "2", link: "/etc/passwd"), "a link"),
    ("hard link", TarForge.member("l.jpg", [], type: "1", link: "first.jpg"), "a link"),
    ("character device", TarForge.member("d.jpg", [], type: "3"), "a device"),
    ("block device", TarForge.member("d.jpg", [], type: "4"), "a device"),
    ("pipe", TarForge.member("d.jpg", [], type: "6"), "a pipe"),
    ("large text", TarForge.member("t.txt", [UInt8](repeating: 65, count: 1 << 20 + 1)),
     "above the limit"),
    ("text alone", TarForge.member("t.txt", "x"), "without a picture"),
    ("not UTF-8", TarForge.member("t.jpg", "x") + TarForge.member("t.txt", [0xFF]), "not UTF-8"),
    ("deep JSON", TarForge.member("t.jpg", "x")
      + TarForge.member("t.json", String(repeating: "[", count: 1 << 20)), "nested too deeply"),
    ("no picture", TarForge.member("t.jpg", "no picture"), "not a picture"),
    ("two of a suffix", TarForge.member("t.jpg", "x") + TarForge.member("t.jpg", "y"),
     "two members .jpg"),
    ("two of a kind", TarForge.member("t.txt", "x") + TarForge.member("t.txt", "y"),
     "two members .txt"),
    ("bad class", TarForge.member("t.jpg", "x") + TarForge.member("t.cls", "one"), "`cls`"),
    ("control", TarForge.member("a\u{7}.jpg", "x"), "not a picture"),
    ("sparse", TarForge.pax("GNU.sparse.major", Array("1".utf8))
      + TarForge.pax("GNU.sparse.name", Array("s.jpg".utf8))
      + TarForge.member("s.jpg", "1\n0\n1\n"), ""),
  ])
  func badMember(name: String, bytes: [UInt8], why: String) throws {
    let folder = try TestFolder()
    let tar = try Self.sample("first") + bytes + Self.sample("last", 2) + TarForge.end
    try folder.write(TestPicture.png(3), to: "secret.jpg")
    try folder.write(tar, to: "in/a.tar")
    try folder.write(TarForge.gzip(tar), to: "in/b.tar.gz")
    let (counts, skipped) = try folder.pack("in")
    #expect(try Self.captions(folder) == [
      "caption of first", "caption of last", "caption of first", "caption of last",
    ], "\(name): \(skipped)")
    guard !why.isEmpty else { return }
    #expect(counts.skipped == 2, "\(name): \(skipped)")
    for (error, archive) in zip(skipped, ["a.tar", "b.tar.gz"]) {
      #expect("\(error)".contains("\(archive), ") && "\(error)".contains(why), "\(error)")
    }
  }

  @Test("folders, hidden files and other suffixes are no members of samples")
  func harmless() throws {
    let folder = try TestFolder()
    let tar = try TarForge.member("a/", [], type: "5") + TarForge.member("._first.jpg", "mac")
      + TarForge.member("Makefile", "x") + TarForge.member("a/first.JPG", TestPicture.png(1))
      + TarForge.member("a/first.seg.png", "x") + TarForge.member("a/first.txt", "word")
      + TarForge.member("./second.png", TestPicture.png(1)) + TarForge.end
    try folder.write(tar, to: "in.tar")
    let (counts, skipped) = try folder.pack("in.tar")
    #expect(counts.samples == 2 && skipped == [])
    #expect(try folder.samples().map(\.key) == ["a/first", "second"])
  }

  @Test("names in any encoding arrive; two spellings of é are two samples")
  func names() throws {
    let folder = try TestFolder()
    let long = String(repeating: "ü", count: 90)
    let picture = try TestPicture.png(1)
    let tar = TarForge.member(Array("caf\u{E9}.jpg".utf8), picture)
      + TarForge.member(Array("cafe\u{301}.jpg".utf8), picture)
      + TarForge.member([0x63, 0xE9, 0x2E, 0x6A, 0x70, 0x67], picture)
      + TarForge.pax("path", Array("日本/写真.jpg".utf8)) + TarForge.member("x.jpg", picture)
      + TarForge.longName("\(long).jpg") + TarForge.member("y.jpg", picture) + TarForge.end
    try folder.write(tar, to: "in.tar")
    let (_, skipped) = try folder.pack("in.tar")
    let keys = try folder.samples().map { Array($0.key.utf8) }
    #expect(skipped == [])
    #expect(keys == ["caf\u{E9}", "cafe\u{301}", "c%E9", "日本/写真", long].map { Array($0.utf8) })
  }

  @Test("a key that comes again later gets a number")
  func repeatedKey() throws {
    let folder = try TestFolder()
    try folder.write(Self.sample("a") + Self.sample("b") + Self.sample("a"), to: "in/a.tar")
    try folder.write(Self.sample("a"), to: "in/b.tar")
    _ = try folder.pack("in")
    #expect(try folder.samples().map(\.key) == ["a", "b", "a-2", "a-3"])
  }
}
