import Foundation
import Packing
import Records
import Testing
import TestSupport

@Suite("Continuing")
struct JournalTests {
  /// Pictures, every fifth of them broken, packed once; what was there after each shard is kept
  /// under `at/NUMBER/set`.
  private struct World {
    let folder: TestFolder
    let seed: UInt64?
    let whole: [String: Data]
    let shards: Int

    init(seed: UInt64?) throws {
      let folder = try TestFolder()
      for index in 0..<60 {
        let bytes = index % 5 == 4 ? Array("broken".utf8) : try TestPicture.png(index)
        try folder.write(bytes, to: "in/\(index + 100).png")
        try folder.write("picture \(index)", to: "in/\(index + 100).txt")
      }
      (self.folder, self.seed) = (folder, seed)
      var packer = try Packer(Self.settings(folder, "whole/set", seed: seed))
      var seen = 0
      _ = try packer.run { _ in
        let files = (try? folder.contents("whole/set")) ?? [:]
        let count = files.keys.filter { $0.hasPrefix("set-") }.count
        guard count > seen else { return }
        seen = count
        for (name, bytes) in files where !name.hasSuffix(".partial") {
          _ = try? folder.write(Array(bytes), to: "at/\(count)/set/\(name)")
        }
      }
      whole = try folder.contents("whole/set")
      shards = seen
    }

    static func settings(_ folder: TestFolder, _ to: String, seed: UInt64?) -> PackSettings {
      var settings = PackSettings(
        input: folder.url.appending(path: "in"), directory: folder.url.appending(path: to))
      (settings.jobs, settings.frameBytes, settings.shardBytes) = (2, 4000, 900)
      settings.seed = seed
      return settings
    }

    /// Keys of the samples that were packed after so many shards.
    func keys(at count: Int) throws -> [String] {
      try (0..<count).flatMap { number in
        let name = "at/\(count)/set/set-0000\(number).tar.zst"
        let shard = try ShardReader(file: folder.url.appending(path: name))
        return try shard.frameSamples.indices.flatMap { try shard.read(frame: $0).map(\.key) }
      }
    }

    func goOn(at count: Int) throws -> PackCounts {
      var packer = try Packer(Self.settings(folder, "at/\(count)/set", seed: seed))
      return try packer.run { _ in }.counts
    }
  }

  @Test("pictures of finished shards are not read again, and the bytes are the same", arguments: [
    nil, 3,
  ] as [UInt64?])
  func skips(seed: UInt64?) throws {
    let world = try World(seed: seed)
    #expect(world.shards > 3)
    for count in 1...world.shards {
      let pictures = try world.keys(at: count).map { "in/\($0).png" }
      let bytes = try pictures.map { try Data(contentsOf: world.folder.url.appending(path: $0)) }
      for path in pictures { try world.folder.write("gone", to: path) }
      let counts = try world.goOn(at: count)
      for (path, bytes) in zip(pictures, bytes) { try world.folder.write(Array(bytes), to: path) }
      #expect(counts.samples == 48 && counts.skipped == 12 && counts.rows == 60, "\(count)")
      #expect(counts.continued == pictures.count)
      #expect(try world.folder.contents("at/\(count)/set") == world.whole, "\(count)")
    }
  }

  @Test("a journal that is behind, damaged or gone costs time and nothing else", arguments: [
    "behind", "damaged", "gone", "ahead",
  ])
  func journals(state: String) throws {
    let world = try World(seed: nil)
    let journal = "at/2/set/.set.packing"
    let other = world.folder.url.appending(path: "at/\(state == "ahead" ? 3 : 1)/set/.set.packing")
    switch state {
    case "damaged": try world.folder.write("{", to: journal)
    case "gone": try FileManager.default.removeItem(at: world.folder.url.appending(path: journal))
    default: try world.folder.write(Array(try Data(contentsOf: other)), to: journal)
    }
    #expect(try world.goOn(at: 2).samples == 48)
    #expect(try world.folder.contents("at/2/set") == world.whole)
  }

  @Test("other options are refused, and so is another input")
  func refused() throws {
    let world = try World(seed: nil)
    var other = World.settings(world.folder, "at/2/set", seed: nil)
    other.maximumSide = 2
    let place = world.folder.url.appending(path: "at/2/set/.set.packing").path
    #expect(throws: PackingError(place, .otherSettings)) { try Packer(other) }
    try FileManager.default.removeItem(at: world.folder.url.appending(path: "in/100.png"))
    #expect {
      try world.goOn(at: 2)
    } throws: { error in
      guard case .notContinued = (error as? PackingError)?.reason else { return false }
      return true
    }
  }
}
