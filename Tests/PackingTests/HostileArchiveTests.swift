import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("Hostile archives")
struct HostileArchiveTests {
  private static func sample(_ key: String) throws -> [UInt8] {
    TarForge.member("\(key).jpg", try TestPicture.png(1)) + TarForge.member("\(key).txt", key)
  }

  /// Packs archives between good ones; gives the keys that arrived and the errors.
  private static func pack(_ archives: [(String, [UInt8])]) throws -> ([String], [PackingError]) {
    let folder = try TestFolder()
    try folder.write(sample("before") + TarForge.end, to: "in/0.tar")
    for (name, bytes) in archives { try folder.write(bytes, to: "in/\(name)") }
    try folder.write(sample("after") + TarForge.end, to: "in/z.tar")
    let (_, skipped) = try folder.pack("in")
    return (try folder.samples().map(\.key), skipped)
  }

  @Test("archives that are none are named, and the others arrive", arguments: [
    [UInt8](), [0], Array("no tar".utf8), [UInt8](repeating: 0, count: 10240),
    TarForge.gzip([]), TarForge.zstd([]), [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD],
    TarForge.gzip(TarForge.gzip(TarForge.end)), [UInt8](repeating: 0xFF, count: 4096),
  ])
  func noArchive(bytes: [UInt8]) throws {
    let (keys, skipped) = try Self.pack([("bad.tar", bytes)])
    #expect(keys == ["before", "after"])
    #expect(skipped.count == 1, "\(skipped)")
    #expect(skipped.allSatisfy { $0.place.hasSuffix("bad.tar") }, "\(skipped)")
  }

  @Test("a pipe under an archive's name is not waited for")
  func pipe() throws {
    let folder = try TestFolder()
    try folder.write(Self.sample("b"), to: "in/b.tar")
    mkfifo(folder.url.appending(path: "in/a.tar").path, 0o600)
    let (counts, skipped) = try folder.pack("in")
    #expect(counts.samples == 1 && skipped.map(\.reason) == [.notAFile])
  }

  @Test("sizes beyond all limits are refused before memory is taken", arguments: [
    1 << 29, 1 << 40, Int.max,
  ])
  func hugeSizes(size: Int) throws {
    let bad = TarForge.member("huge.jpg", [1, 2, 3], stated: size)
    let (keys, skipped) = try Self.pack([
      ("a.tar", try Self.sample("a") + bad + Self.sample("b")),
      ("b.tar.gz", try TarForge.gzip(Self.sample("c") + bad)),
      ("c.tar", TarForge.pax("size", Array("\(size)".utf8)) + TarForge.member("huge.jpg", "x")),
    ])
    // A header that no file can have ends the archive: the sample before it may lack something.
    let isEnd = size == .max
    #expect(keys.first == "before" && keys.last == "after", "\(keys)")
    #expect(isEnd ? keys.count == 2 : keys.contains("a") && keys.contains("c"), "\(keys)")
    for (archive, key) in [("a.tar", "a"), ("b.tar.gz", "c")] where isEnd {
      #expect(
        skipped.contains { "\($0)".contains("\(archive), \(key)") && "\($0)".contains("cut off") },
        "\(skipped)")
    }
    #expect(!skipped.isEmpty)
  }

  @Test("bombs are given up, what came before them arrives", arguments: ["tar.gz", "tar.zst"])
  func bombs(suffix: String) throws {
    let zeros = [UInt8](repeating: 0, count: 320 << 20)
    let tar = try Self.sample("a") + TarForge.member("bomb.jpg", zeros) + Self.sample("b")
    let bytes = suffix == "tar.gz" ? TarForge.gzip(tar) : TarForge.zstd(tar)
    #expect(bytes.count < tar.count / 200)
    let (keys, skipped) = try Self.pack([("bomb.\(suffix)", bytes)])
    #expect(keys == ["before", "a", "after"])
    #expect(skipped.contains { "\($0)".contains("bomb") }, "\(skipped)")
  }

  @Test("every cut of an archive gives its whole samples and then the next archive", arguments: [
    "tar", "tar.gz", "tar.zst",
  ])
  func cuts(suffix: String) throws {
    var tar = try Self.sample("a") + Self.sample("b") + Self.sample("c") + TarForge.end
    if suffix == "tar.gz" { tar = TarForge.gzip(tar) }
    if suffix == "tar.zst" { tar = TarForge.zstd(tar) }
    let step = suffix == "tar" ? 197 : 17
    for count in stride(from: 0, to: tar.count, by: step) {
      let (keys, _) = try Self.pack([("a.\(suffix)", Array(tar.prefix(count)))])
      let own = Array(keys.dropFirst().dropLast())
      #expect(keys.first == "before" && keys.last == "after", "cut at \(count)")
      #expect(own == Array(["a", "b", "c"].prefix(own.count)), "cut at \(count)")
    }
  }

  @Test("a flipped bit never stops the other archives, and never shows another sample's text")
  func flips() throws {
    let tar = try Self.sample("a") + Self.sample("b") + TarForge.end
    for place in stride(from: 0, to: tar.count - 1024, by: 43) {
      var bytes = tar
      bytes[place] ^= UInt8(1 << (place % 8))
      let (keys, _) = try Self.pack([("a.tar", bytes)])
      #expect(keys.first == "before" && keys.last == "after", "flip at \(place)")
      #expect(keys.count <= 4, "flip at \(place)")
    }
  }
}
