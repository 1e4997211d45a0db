import Foundation
import Records
import Synchronization
import Testing
import TestSupport

@Suite("Copies of shards")
struct ShardCacheTests {
  let folder: TestFolder
  let copies: TestFolder
  let set: RecordSet

  init() throws {
    folder = try TestFolder()
    copies = try TestFolder()
    var random = SmallRandom(state: 5)
    let samples = (0..<24).map { number in
      Sample(key: "k\(number)", fields: [
        Field(suffix: "jpg", bytes: (0..<2000).map { _ in .random(in: 0...255, using: &random) })
      ])
    }
    try folder.pack(samples, shardBytes: 8000, frameBytes: 3000)
    set = try RecordSet(directory: folder.url)
    #expect(set.index.shards.count >= 5)
  }

  private var largest: Int { self.set.index.shards.map(\.bytes).max() ?? 0 }

  private func cache(shards: Int) throws -> ShardCache {
    try ShardCache(folder: copies.url, limit: shards * largest)
  }

  /// Bytes of all copies, whole or at work, at a moment when none came or went.
  private func total() throws -> Int {
    while true {
      let names = try copies.names()
      let sizes = names.filter { $0 != ".lock" }.map { name in
        try? FileManager.default.attributesOfItem(atPath: copies.file(name).path)[.size] as? Int
      }
      let known = sizes.compactMap { $0 }
      if known.count == sizes.count, try copies.names() == names { return known.reduce(0, +) }
    }
  }

  /// Other bytes in the shard, of the same size and time, so that only a copy is right.
  private func spoil(_ shard: Int) throws {
    let url = set.file(shard: shard)
    let time = try FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate]
    let handle = try FileHandle(forWritingTo: url)
    try handle.write(contentsOf: Data(count: set.index.shards[shard].bytes))
    try handle.close()
    try FileManager.default.setAttributes([.modificationDate: time as Any], ofItemAtPath: url.path)
  }

  @Test("a copy is read in place of its shard, and errors name the shard")
  func reads() throws {
    // A whole second, which a Date can give back.
    let time = Date(timeIntervalSince1970: 1_700_000_000)
    let url = set.file(shard: 0)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: url.path)
    let expected = try set.open(shard: 0).readAll()
    let cache = try cache(shards: 3)
    #expect(try set.openAnyway(shard: 0, cache: cache).isCopy == false)
    #expect(cache.fetch(url) && cache.problem == nil)
    try spoil(0)
    let copy = try set.openAnyway(shard: 0, cache: cache)
    #expect(copy.isCopy && copy.path == url.path)
    #expect(try copy.readAll() == expected)
    cache.remove(url)
    #expect(try set.openAnyway(shard: 0, cache: cache).isCopy == false)
  }

  @Test("a shard that has changed since is another one")
  func changed() throws {
    let cache = try cache(shards: 3), url = set.file(shard: 1)
    #expect(cache.fetch(url))
    try FileManager.default.setAttributes([.modificationDate: Date.distantPast],
                                          ofItemAtPath: url.path)
    #expect(try set.openAnyway(shard: 1, cache: cache).isCopy == false)
  }

  @Test("the least recently used copy goes first, and one that is in use stays")
  func evicts() throws {
    let cache = try cache(shards: 2)
    func isCopied(_ shard: Int) throws -> Bool {
      try set.openAnyway(shard: shard, cache: cache).isCopy
    }
    for shard in 0..<2 {
      #expect(cache.fetch(set.file(shard: shard)))
      usleep(20_000)
    }
    #expect(try isCopied(0))
    usleep(20_000)
    #expect(cache.fetch(set.file(shard: 2)))
    #expect(try !isCopied(1) && isCopied(0) && isCopied(2))
    let held = try (0..<3).map { try set.openAnyway(shard: $0, cache: cache) }
    #expect(held.filter(\.isCopy).count == 2)
    #expect(!cache.fetch(set.file(shard: 3)) && cache.problem == nil)
    #expect(try total() <= cache.limit)
    withExtendedLifetime(held) {}
  }

  @Test("what a killed process left is cleared away, and no half copy is ever taken")
  func leftovers() throws {
    let cache = try cache(shards: 2)
    #expect(cache.fetch(set.file(shard: 0)))
    let name = try #require(try copies.names().first { $0.hasSuffix(".copy.tar.zst") })
    let hidden = "." + name.prefix { $0 != "." } + ".partial"
    let bytes = try copies.bytes(name)
    try FileManager.default.removeItem(at: copies.file(name))
    try copies.write(Array(bytes[..<(bytes.count / 2)]), to: hidden)
    try copies.write([UInt8](repeating: 1, count: largest), to: ".other.partial")
    #expect(try !set.openAnyway(shard: 0, cache: cache).isCopy)
    #expect(cache.fetch(set.file(shard: 0)))
    #expect(try copies.names() == [".lock", name])
    #expect(try copies.bytes(name) == bytes)
  }

  @Test("many at once keep to the limit and read what is right")
  func together() throws {
    let expected = try set.index.shards.indices.map { try set.open(shard: $0).readAll() }
    let most = Mutex(0)
    let limit = 3 * largest
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      guard let cache = try? cache(shards: 3) else { return }
      var random = SmallRandom(state: UInt64(worker))
      for _ in 0..<60 {
        let shard = Int.random(in: expected.indices, using: &random)
        _ = cache.fetch(set.file(shard: shard))
        let reader = try? set.openAnyway(shard: shard, cache: cache)
        #expect((try? reader?.readAll()) == expected[shard])
        let now = (try? total()) ?? 0
        most.withLock { $0 = max($0, now) }
        #expect(cache.problem == nil)
      }
    }
    #expect(most.withLock { $0 } <= limit && most.withLock { $0 } > largest)
  }

  @Test("a folder that cannot be used is told, and nothing ends by it")
  func unusable() throws {
    try copies.write([1], to: "file")
    #expect(throws: RecordError.self) {
      try ShardCache(folder: copies.file("file"), limit: 1 << 20)
    }
    let cache = try ShardCache(folder: copies.file("gone"), limit: 1 << 20)
    try FileManager.default.removeItem(at: copies.file("gone"))
    #expect(!cache.fetch(set.file(shard: 0)))
    #expect(cache.problem != nil)
    #expect(try !set.openAnyway(shard: 0, cache: cache).isCopy)
  }
}
