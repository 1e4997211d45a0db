import Foundation
import Records
import Testing
import TestSupport

@Suite("Record writer")
struct RecordWriterTests {
  @Test("at no moment does an unfinished folder look whole, nor a shard that is not")
  func unfinished() throws {
    let folder = try TestFolder()
    let writer = try folder.writer(shardBytes: 3000, frameBytes: 1500)
    var seen = 0
    for sample in SampleMaker.samples(30, seed: 6) {
      try writer.append(sample)
      let isEmpty = try folder.names().allSatisfy { $0.hasPrefix(".") }
      let missing: RecordError.Reason = isEmpty ? .noShards : .indexMissing
      #expect(reason { _ = try RecordSet(directory: folder.url) } == missing)
      if isEmpty { continue }
      let index = try RecordIndex(rebuilding: folder.url)
      for shard in index.shards {
        #expect(try ShardReader(file: folder.file(shard.file)).readAll().count == shard.samples)
      }
      seen = max(seen, index.shards.count)
    }
    #expect(seen > 2)
  }

  @Test("a writer that is dropped takes its temporary file with it")
  func dropped() throws {
    let folder = try TestFolder()
    do {
      let writer = try folder.writer(frameBytes: 1)
      try writer.append(SampleMaker.plain("a"))
      #expect(try folder.names() == [".s-00000.tar.zst.partial"])
    }
    #expect(try folder.names() == [])
  }

  @Test("a writer that is dropped takes the folders with it that it made and nothing came into")
  func droppedFolders() throws {
    let folder = try TestFolder()
    func writer(writesIndex: Bool = true) throws -> RecordWriter {
      let writer = try RecordWriter(
        directory: folder.file("new/deep"), name: "s", shardBytes: 1 << 20, frameBytes: 1, level: 1,
        origin: "a test", writesIndex: writesIndex)
      try writer.append(SampleMaker.plain("a"))
      return writer
    }
    _ = try writer()
    #expect(try folder.names() == [])
    // Other parts may be about to write there.
    _ = try writer(writesIndex: false)
    #expect(try folder.names() == ["new"])
    _ = try writer().finish()
    #expect(try RecordSet(directory: folder.file("new/deep")).index.samples == 1)
  }

  @Test("a writer that continues gives the bytes of one that was never stopped",
        arguments: [0, 1, 9, 17, 25])
  func continuing(stop: Int) throws {
    let samples = SampleMaker.samples(25, seed: 7)
    let whole = try TestFolder()
    let expected = try whole.pack(samples, shardBytes: 4000, frameBytes: 1500)

    let folder = try TestFolder()
    do {
      let killed = try folder.writer(shardBytes: 4000, frameBytes: 1500)
      for sample in samples[..<stop] { try killed.append(sample) }
    }
    try folder.write(Array("left by a kill".utf8), to: ".s-00000.tar.zst.partial")
    let writer = try folder.writer(shardBytes: 4000, frameBytes: 1500, continuing: true)
    let done = writer.found.samples
    #expect(done <= stop && (done > 0 || stop < 9))
    #expect(writer.found.lastKey == (done == 0 ? nil : samples[done - 1].key))
    for sample in samples[done...] { try writer.append(sample) }
    #expect(try writer.finish() == expected)
    for name in try whole.names() { #expect(try folder.bytes(name) == whole.bytes(name)) }
  }

  @Test("a folder with shards is refused by a writer that does not continue")
  func taken() throws {
    let folder = try TestFolder()
    try folder.pack([SampleMaker.plain("a")])
    #expect(reason { _ = try folder.writer() } == .exists("s-00000.tar.zst"))
    #expect(reason { _ = try folder.writer(writesIndex: false) } == .exists("s-00000.tar.zst"))
    #expect(reason { _ = try folder.writer(name: "t", writesIndex: false) } == nil)
    try FileManager.default.removeItem(at: folder.file("s-00000.tar.zst"))
    #expect(reason { _ = try folder.writer() } == .exists("index.json"))
  }

  @Test("a missing shard in between, or one that is damaged, stops a writer that continues")
  func gap() throws {
    let folder = try TestFolder()
    try folder.pack((0..<4).map { SampleMaker.plain("k\($0)") }, shardBytes: 1, frameBytes: 1)
    try FileManager.default.removeItem(at: folder.file("s-00001.tar.zst"))
    #expect(throws: RecordError.self) { try folder.writer(continuing: true) }
    try folder.write([1, 2, 3], to: "s-00001.tar.zst")
    #expect(throws: RecordError.self) { try folder.writer(continuing: true) }
  }

  @Test("two writers cannot be at work on one shard")
  func inUse() throws {
    let folder = try TestFolder()
    let first = try folder.writer(frameBytes: 1, writesIndex: false)
    try first.append(SampleMaker.plain("a"))
    let second = try folder.writer(frameBytes: 1, writesIndex: false)
    #expect(reason { try second.append(SampleMaker.plain("b")) } == .inUse)
    #expect(reason { try second.append(SampleMaker.plain("c")) } == .inUse)
    let third = try folder.writer(frameBytes: 1, writesIndex: false)
    _ = try first.finish()
    // It looked into the folder before the shard was there.
    #expect(reason { try third.append(SampleMaker.plain("d")) } == .exists("s-00000.tar.zst"))
    try RecordIndex(rebuilding: folder.url).write(to: folder.url)
    #expect(try folder.readAll().map(\.key) == ["a"])
  }

  @Test("a folder belongs to one writer, whatever the names of their shards, until it has ended")
  func oneFolder() throws {
    let folder = try TestFolder()
    do {
      let first = try folder.writer(name: "s")
      try first.append(SampleMaker.plain("a"))
      for name in ["s", "t"] {
        #expect(reason { _ = try folder.writer(name: name) } == .inUse)
        #expect(reason { _ = try folder.writer(name: name, writesIndex: false) } == .inUse)
      }
      _ = try first.finish()
    }
    for continuing in [false, true] {
      #expect(throws: RecordError.self) { try folder.writer(name: "s", continuing: continuing) }
    }
    #expect(try folder.readAll().map(\.key) == ["a"])
  }

  @Test("a sample that no shard may hold is refused, and the writer goes on without it")
  func refused() throws {
    let folder = try TestFolder()
    let writer = try folder.writer(frameBytes: 1024)
    let bad = [
      SampleMaker.plain("../a"), SampleMaker.plain(""), Sample(key: "empty", fields: []),
      Sample(key: "twice", fields: SampleMaker.plain("").fields + SampleMaker.plain("").fields),
      Sample(key: "case", fields: [Field(suffix: "JPG", bytes: [])]),
    ]
    for (number, sample) in bad.enumerated() {
      #expect(throws: RecordError.self) { try writer.append(sample) }
      try writer.append(SampleMaker.plain("k\(number)"))
      #expect(reason { try writer.append(SampleMaker.plain("k\(number)")) } == .duplicateKey)
    }
    let frame = try FrameEncoder(level: 3).encode([SampleMaker.plain("k4")])
    #expect(reason { try writer.append(frame: frame) } == .duplicateKey)
    _ = try writer.finish()
    #expect(try folder.readAll().map(\.key) == (0..<5).map { "k\($0)" })
  }

  @Test("names and sizes outside their range are refused")
  func settings() throws {
    let folder = try TestFolder()
    for name in ["", ".hidden", "a/b", "a\nb", String(repeating: "n", count: 201)] {
      #expect(throws: RecordError.self, "\(name)") { try folder.writer(name: name) }
    }
    #expect(throws: RecordError.self) { try folder.writer(shardBytes: 0) }
    #expect(throws: RecordError.self) { try folder.writer(frameBytes: 0) }
  }
}
