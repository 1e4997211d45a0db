import Foundation
import Records
import Testing
import TestSupport

@Suite("Damaged shards")
struct DamageTests {
  static let samples = [
    Sample(key: "one", fields: [
      Field(suffix: "jpg", bytes: (0..<40).map { UInt8($0 * 37 % 251) }),
      Field(suffix: "txt", bytes: Array("a red bird".utf8)),
    ]),
    SampleMaker.plain("two", "a blue bird"), SampleMaker.plain("dir/three", "no bird"),
    SampleMaker.plain("vögel/vier", "kein Vogel"),
  ]

  /// Opens and reads what is there: frames are right, or refused. Gives how many were refused, or
  /// are not what the table says.
  private func refusals(_ bytes: [UInt8], _ frames: [[Sample]], in folder: TestFolder) -> Int {
    do {
      try folder.write(bytes, to: "damaged.tar.zst")
      let reader = try ShardReader(file: folder.file("damaged.tar.zst"))
      guard reader.frameSamples.count == frames.count else {
        Issue.record("a damaged table was believed")
        return 0
      }
      return try frames.indices.reduce(0) { sum, frame in
        guard let read = try? reader.read(frame: frame) else { return sum + 1 }
        #expect(read == frames[frame])
        return sum + ((try reader.tableDamage(frame: frame)) == nil ? 0 : 1)
      }
    } catch {
      #expect(error is RecordError)
      return 1
    }
  }

  private func shard(in folder: TestFolder) throws -> (bytes: [UInt8], frames: [[Sample]]) {
    try folder.pack(Self.samples, frameBytes: 2048)
    let reader = try ShardReader(file: folder.file("s-00000.tar.zst"))
    let frames = try reader.frameSamples.indices.map { try reader.read(frame: $0) }
    return (try folder.bytes("s-00000.tar.zst"), frames)
  }

  @Test("no flipped bit gives a wrong sample; all are refused but those without meaning to zstd")
  func everyBit() throws {
    let folder = try TestFolder()
    let (bytes, frames) = try shard(in: folder)
    #expect(frames.count == 4 && refusals(bytes, frames, in: folder) == 0)
    let tableBytes = 17 + 8 * 5 + 16 + 4 * 4
    var unnoticed: [Int] = []
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        if refusals(damaged, frames, in: folder) == 0 { unnoticed.append(index) }
      }
    }
    #expect(unnoticed.allSatisfy { $0 < bytes.count - tableBytes })
    #expect(unnoticed.count < bytes.count * 8 / 100)
  }

  @Test("no byte set to 0 or 255 gives a wrong sample")
  func everyByte() throws {
    let folder = try TestFolder()
    let (bytes, frames) = try shard(in: folder)
    for index in bytes.indices {
      for value: UInt8 in [0, 255] where bytes[index] != value {
        var damaged = bytes
        damaged[index] = value
        _ = refusals(damaged, frames, in: folder)
      }
    }
  }

  @Test("a file cut at any length, or with bytes more, is refused")
  func everyLength() throws {
    let folder = try TestFolder()
    let (bytes, _) = try shard(in: folder)
    for count in 0..<bytes.count {
      try folder.write(Array(bytes[..<count]), to: "cut.tar.zst")
      #expect(throws: RecordError.self) { try ShardReader(file: folder.file("cut.tar.zst")) }
      try folder.write(Array(bytes[(bytes.count - count)...]), to: "cut.tar.zst")
      #expect(throws: RecordError.self) { try ShardReader(file: folder.file("cut.tar.zst")) }
    }
    try folder.write([0] + bytes, to: "cut.tar.zst")
    #expect(throws: RecordError.self) { try ShardReader(file: folder.file("cut.tar.zst")) }
  }

  @Test("many bytes changed at once give no wrong sample and no crash")
  func scattered() throws {
    let folder = try TestFolder()
    let (bytes, frames) = try shard(in: folder)
    var random = SmallRandom(state: 99)
    for _ in 0..<1500 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 2...6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        damaged[index] = [0, 1, 127, 128, 255].randomElement(using: &random)!
      }
      if damaged != bytes { _ = refusals(damaged, frames, in: folder) }
    }
  }

  @Test("verify names every damaged frame, counts its samples, and goes on")
  func verify() throws {
    let folder = try TestFolder()
    let samples = (0..<24).map { SampleMaker.plain("k\($0)", "text \($0)") }
    let index = try folder.pack(samples, shardBytes: 400, frameBytes: 2048)
    #expect(index.shards.count >= 3 && index.shards[0].frames >= 3)
    let set = try RecordSet(directory: folder.url)
    let whole = set.verify { _, _ in true }
    #expect(whole.damage.isEmpty && whole.samples == 24)

    var bytes = try folder.bytes(index.shards[0].file)
    bytes[30] ^= 1
    try folder.write(bytes, to: index.shards[0].file)
    try FileManager.default.removeItem(at: folder.file(index.shards[1].file))
    var steps = 0
    let result = set.verify { _, _ in
      steps += 1
      return true
    }
    #expect(result.damage.map(\.error.frame) == [0, nil])
    #expect(result.damage.map(\.samplesLost) == [2, index.shards[1].samples])
    #expect(result.damage.map(\.keys) == [[], []])
    #expect(result.samples == 24 - 2 - index.shards[1].samples)
    #expect(result.shards == index.shards.count)
    #expect(steps == result.frames + result.shards)
  }

  @Test("of a damaged frame the keys before the damage are named, and no other keys")
  func keys() throws {
    let folder = try TestFolder()
    // What zstd cannot make smaller: bytes of the frame are those of the samples.
    let samples = (0..<24).map { SampleMaker.noise("k\($0)", bytes: 20_000, seed: UInt64($0)) }
    let index = try folder.pack(samples, shardBytes: 1 << 20, frameBytes: 1 << 20)
    #expect(index.shards.map(\.samples) == [24] && index.shards[0].frames == 2)
    let set = try RecordSet(directory: folder.url)
    let bytes = try folder.bytes(index.shards[0].file)
    let keys = samples.map(\.key)
    var named: [Int] = []
    for place in stride(from: 10, to: 500_000, by: 40_009) {
      var hurt = bytes
      hurt[place] ^= 1
      try folder.write(hurt, to: index.shards[0].file)
      let found = set.verify { _, _ in true }
      #expect(found.damage.count == 1 && found.damage[0].samplesLost == 24)
      #expect(found.damage[0].keys == Array(keys.prefix(found.damage[0].keys.count)))
      named.append(found.damage[0].keys.count)
    }
    // Only the frame's checksum tells where a byte of a picture is another one.
    #expect(named.contains(24), "\(named)")
  }

  /// Acts on the first shard with one of its bits flipped, each in turn.
  private func flip(
    _ bits: Range<Int>, of bytes: [UInt8], in folder: TestFolder, _ act: (Int) throws -> Void
  ) throws {
    for bit in bits {
      var hurt = bytes
      hurt[bit / 8] ^= 1 << UInt8(bit % 8)
      try folder.write(hurt, to: "s-00000.tar.zst")
      try act(bit)
    }
  }

  @Test("verify finds every flipped bit, also those that change no sample")
  func everyBitIsFound() throws {
    let folder = try TestFolder()
    try folder.pack(Self.samples, frameBytes: 2048)
    let set = try RecordSet(directory: folder.url)
    let bytes = try folder.bytes("s-00000.tar.zst")
    #expect(set.verify { _, _ in true }.damage.isEmpty)
    try flip(0..<bytes.count * 8, of: bytes, in: folder) { bit in
      #expect(!set.verify { _, _ in true }.damage.isEmpty, "bit \(bit)")
    }
  }

  @Test("no bit of a shard's tables costs a sample")
  func tables() throws {
    let folder = try TestFolder()
    try folder.pack(Self.samples, frameBytes: 2048)
    let set = try RecordSet(directory: folder.url)
    let bytes = try folder.bytes("s-00000.tar.zst")
    let frames = try set.open(shard: 0).frameRanges
    #expect(frames.count >= 3)
    let tables = frames[frames.count - 1].upperBound * 8..<bytes.count * 8
    try flip(tables, of: bytes, in: folder) { bit in
      let reader = try set.openAnyway(shard: 0)
      let read = reader.frameSamples.indices.flatMap { (try? reader.read(frame: $0)) ?? [] }
      #expect(read == Self.samples, "bit \(bit)")
      let found = set.verify { _, _ in true }
      #expect(!found.damage.isEmpty && found.samplesLost == 0, "bit \(bit)")
    }
  }

  @Test("verify says of a shard cut short which samples are lost, and reads the others")
  func verifyCut() throws {
    let folder = try TestFolder()
    try folder.pack((0..<24).map { SampleMaker.plain("k\($0)") }, frameBytes: 4096)
    let set = try RecordSet(directory: folder.url)
    let reader = try set.open(shard: 0)
    let bytes = try folder.bytes("s-00000.tar.zst")
    for cut in [0, 3, reader.frameRanges[2].lowerBound + 5, bytes.count - 1] {
      try folder.write(Array(bytes[..<cut]), to: "s-00000.tar.zst")
      let whole = reader.frameRanges.filter { !$0.isEmpty && $0.upperBound <= cut }.count
      let samples = reader.frameSamples[..<whole].reduce(0, +)
      let result = set.verify { _, _ in true }
      #expect(result.samples == samples && result.samplesLost == 24 - samples)
      #expect(result.damage.map(\.samplesLost) == [24 - samples])
      #expect(result.damage.map(\.error.file) == [folder.file("s-00000.tar.zst").path])
    }
  }

  @Test("of a shard that is another than its index says, or of another version, nothing is taken")
  func otherShards() throws {
    let folder = try TestFolder()
    try folder.pack((0..<6).map { SampleMaker.plain("k\($0)") })
    let set = try RecordSet(directory: folder.url)
    let larger = ShardForge([
      .init(tar: (0..<7).flatMap { ShardForge.member("x\($0).txt") }, samples: 7)
    ])
    var newer = ShardForge([.init(tar: ShardForge.member("x.txt"), samples: 1)])
    newer.version = 2
    for forge in [larger, newer] {
      try folder.write(forge.bytes, to: "s-00000.tar.zst")
      let result = set.verify { _, _ in true }
      #expect(result.samples == 0 && result.samplesLost == 6 && result.damage.count == 1)
      let reader = try set.openAnyway(shard: 0)
      #expect(reader.samples == 6 && reader.damage != nil)
    }
  }

  @Test("a set without shards, and a shard without samples, are whole")
  func empty() throws {
    let folder = try TestFolder()
    try folder.write(ShardForge([]).bytes, to: "e-00000.tar.zst")
    try RecordIndex(rebuilding: folder.url).write(to: folder.url)
    let set = try RecordSet(directory: folder.url)
    let result = set.verify { _, _ in true }
    #expect(result.shards == 1 && result.samples == 0 && result.damage.isEmpty)
  }

  @Test("refused files leave no descriptor open")
  func descriptors() throws {
    let folder = try TestFolder()
    try folder.write([1, 2, 3], to: "bad.tar.zst")
    for _ in 0..<300 { _ = try? ShardReader(file: folder.file("bad.tar.zst")) }
    for _ in 0..<300 { _ = try? ShardReader(file: folder.url) }
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let path = folder.url.resolvingSymlinksInPath().path
    #expect(!descriptors.contains {
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
      return target?.hasPrefix(path) == true
    })
  }
}
