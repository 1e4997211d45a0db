import Foundation
import Records
import Testing
import TestSupport

@Suite("Round trips")
struct RoundTripTests {
  @Test("what is written is read, for every frame and shard size",
        arguments: [1, 700, 5000, 1 << 20], [1, 3000, 1 << 30])
  func roundTrip(frameBytes: Int, shardBytes: Int) throws {
    for count in [0, 1, 2, 23] {
      let folder = try TestFolder()
      let samples = SampleMaker.samples(count, seed: UInt64(count * 31 + frameBytes))
      let index = try folder.pack(samples, shardBytes: shardBytes, frameBytes: frameBytes)
      #expect(try folder.readAll() == samples)
      #expect(index.samples == count)
      #expect(index.bytes == index.shards.reduce(0) { $0 + $1.bytes })
      #expect(try folder.names() == (["index.json"] + index.shards.map(\.file)).sorted())
      if frameBytes == 1 {
        #expect(index.shards.reduce(0) { $0 + $1.frames } == count + index.shards.count)
      }
      if shardBytes == 1 << 30 { #expect(index.shards.count == min(count, 1)) }
    }
  }

  @Test("the index rebuilt from the shards is the index that was written")
  func rebuilt() throws {
    let folder = try TestFolder()
    let index = try folder.pack(
      SampleMaker.samples(40, seed: 5), shardBytes: 4000, frameBytes: 2000)
    let written = try folder.bytes("index.json")
    #expect(index.shards.count > 3)
    #expect(try RecordIndex(rebuilding: folder.url) == index)
    try FileManager.default.removeItem(at: folder.file("index.json"))
    #expect(reason { _ = try RecordSet(directory: folder.url) } == .indexMissing)
    var rebuilt = try RecordIndex(rebuilding: folder.url)
    #expect(rebuilt.shards == index.shards)
    #expect(rebuilt.origin == folder.url.lastPathComponent)
    rebuilt.origin = "a test"
    try rebuilt.write(to: folder.url)
    #expect(try folder.bytes("index.json") == written)
  }

  @Test("parts of several writers become one set by rebuilding")
  func parts() throws {
    let folder = try TestFolder()
    let samples = SampleMaker.samples(12, seed: 8)
    for part in 0..<3 {
      let writer = try folder.writer(name: "s-\(part)", shardBytes: 2000, writesIndex: false)
      for sample in samples[part * 4..<part * 4 + 4] { try writer.append(sample) }
      _ = try writer.finish()
    }
    try RecordIndex(rebuilding: folder.url).write(to: folder.url)
    #expect(try folder.readAll() == samples)
  }

  @Test("shards beyond 99,999 keep their order")
  func manyShards() throws {
    let folder = try TestFolder()
    try folder.pack([SampleMaker.plain("a")])
    let shard = try folder.bytes("s-00000.tar.zst")
    for number in [100_000, 99_999] { try folder.write(shard, to: "s-\(number).tar.zst") }
    #expect(try RecordIndex(rebuilding: folder.url).shards.map(\.file)
      == ["s-00000.tar.zst", "s-99999.tar.zst", "s-100000.tar.zst"])
  }

  @Test("names of every length come back, also where ustar has no room for them")
  func names() throws {
    let folder = try TestFolder()
    var samples: [Sample] = []
    for length in 1...330 {
      let letters = (0..<length).map { $0 % 50 == 49 && $0 != length - 1 ? "/" : "n" }.joined()
      samples.append(SampleMaker.plain(letters))
      samples.append(SampleMaker.plain(String(repeating: "u", count: length)))
      if length < 200 { samples.append(SampleMaker.plain("ü/" + letters)) }
    }
    samples.append(SampleMaker.plain(String(repeating: "k", count: RecordLimits.keyBytes)))
    try folder.pack(samples, frameBytes: 100_000)
    #expect(try folder.readAll() == samples)
  }

  @Test("keys that differ only in how letters are composed stay two samples")
  func composition() throws {
    let folder = try TestFolder()
    let samples = ["caf\u{E9}", "cafe\u{301}"].map { SampleMaker.plain($0) }
    try folder.pack(samples)
    let keys = try folder.readAll().map { Array($0.key.utf8) }
    #expect(keys == samples.map { Array($0.key.utf8) })
  }

  @Test("zstd and tar list the members, and find the bytes written")
  func systemTar() throws {
    let folder = try TestFolder()
    let samples = SampleMaker.samples(20, seed: 3)
    try folder.pack(samples, frameBytes: 4000)
    let names = samples.flatMap { sample in sample.fields.map { "\(sample.key).\($0.suffix)" } }
    let listed = try run("zstd -dc s-00000.tar.zst | tar t --quoting-style=literal", in: folder)
    #expect(listed == Array(names.map { $0 + "\n" }.joined().utf8))
    let contents = try run("zstd -dc s-00000.tar.zst | tar x --to-stdout", in: folder)
    #expect(contents == samples.flatMap { $0.fields.flatMap(\.bytes) })
  }

  private func run(_ command: String, in folder: TestFolder) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = folder.url
    process.environment = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return output
  }
}
