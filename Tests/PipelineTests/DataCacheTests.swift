import Foundation
import Pipeline
import Records
import Testing

@Suite("Batches through a cache")
struct DataCacheTests {
  let world: World
  let source: SampleSource

  init() throws {
    world = try World()
    source = SampleSource(name: "s", records: [
      try world.records("s", try World.samples("s", 60))
    ])
  }

  private func loader(limit: Int, cacheBytes: Int = 0) throws -> BatchLoader {
    var setup = LoaderSetup(batch: 12)
    setup.cacheBytes = cacheBytes
    setup.cache = try ShardCache(
      folder: world.folder.file("copies"), limit: limit)
    return try setup.loader([source])
  }

  private func copies() throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: world.folder.file("copies"), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "zst" && !$0.lastPathComponent.hasPrefix(".") }
  }

  /// Loads steps until all shards have a copy, and gives what the first ten hold.
  private func walk(_ loader: BatchLoader, until wanted: Int) throws -> [[Batch.Content]] {
    var steps: [[Batch.Content]] = [], step = 0
    let end = ContinuousClock.now + .seconds(120)
    while try step < 10 || (copies().count < wanted && ContinuousClock.now < end) {
      loader.prepare(step: step)
      let contents = try loader.load(step: step).contents
      if step < 10 { steps.append(contents) }
      step += 1
    }
    return steps
  }

  /// A copy that has its name is locked by its writer for a moment more, and not read as long.
  private func awaitWriter(of copy: URL) throws {
    let file = try FileHandle(forReadingFrom: copy)
    #expect(flock(file.fileDescriptor, LOCK_SH) == 0)
    try file.close()
  }

  @Test("batches are the same with and without, whether all shards fit or two", arguments: [
    1 << 20, 2000,
  ])
  func same(limit: Int) throws {
    let shards = source.shards
    #expect(shards > 4)
    let plain = try LoaderSetup(batch: 12).loader([source])
    let steps = try walk(try loader(limit: limit), until: limit > 2000 ? shards : 1)
    #expect(try copies().count == shards || limit == 2000)
    for (step, rows) in steps.prefix(10).enumerated() {
      #expect(rows == (try plain.load(step: step).contents))
    }
  }

  @Test("a copy that is damaged is dropped, and costs no sample")
  func damaged() throws {
    let first = try loader(limit: 1 << 20)
    let steps = try walk(first, until: source.shards)
    var whole: [String: Data] = [:]
    for copy in try copies() {
      try awaitWriter(of: copy)
      var bytes = try Data(contentsOf: copy)
      whole[copy.lastPathComponent] = bytes
      bytes[40] ^= 0xFF
      try bytes.write(to: copy)
    }
    #expect(whole.count == source.shards)
    let second = try loader(limit: 1 << 20)
    for step in 0..<10 {
      let batch = try second.load(step: step)
      #expect(batch.skipped.isEmpty && batch.contents == steps[step])
    }
    // The first loader may have copied a shard again by now.
    for copy in try copies() {
      #expect(try Data(contentsOf: copy) == whole[copy.lastPathComponent])
    }
  }
}
