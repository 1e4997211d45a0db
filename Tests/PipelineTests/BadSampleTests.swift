import Foundation
import Pipeline
import Records
import Testing

@Suite("Bad samples")
struct BadSampleTests {
  let world: World
  static let count = 20
  static let broken: [Int: BadSample.Reason] = [3: .noImage, 8: .noText, 14: .noText]

  init() throws { world = try World() }

  private func samples(broken: Bool) throws -> [Sample] {
    var samples = try World.samples("s", Self.count)
    guard broken else { return samples }
    // Sizes stay as they are, so that frames and with them the order do too.
    samples[3].fields[0].suffix = "bin"
    samples[8].fields[1].bytes = Array(" \n".utf8)
    samples[11].fields[0].bytes.removeLast(30)
    samples[14].fields[1].suffix = "doc"
    samples[17].fields[1].bytes = [0xFF, 0xFE]
    return samples
  }

  private func source(_ name: String, broken: Bool) throws -> SampleSource {
    SampleSource(name: name, records: [try world.records(name, try samples(broken: broken))])
  }

  @Test("are left out and named, and no other row changes")
  func leftOut() throws {
    let setup = LoaderSetup(batch: Self.count)
    let whole = try setup.loader([try source("whole", broken: false)]).load(step: 0)
    let batch = try setup.loader([try source("hurt", broken: true)]).load(step: 0)
    let gone = Set([3, 8, 11, 14, 17].map { World.key("s", $0) })
    #expect(batch.contents == whole.contents.filter { !gone.contains($0.row.key) })
    #expect(batch.images.shape[0] == Self.count - gone.count)
    #expect(Set(batch.skipped.map(\.key)) == gone)
    let reasons = Dictionary(uniqueKeysWithValues: batch.skipped.map { ($0.key, $0.reason) })
    for (number, reason) in Self.broken { #expect(reasons[World.key("s", number)] == reason) }
    guard case .image = reasons[World.key("s", 11)] else { throw Unexpected() }
    guard case .text = reasons[World.key("s", 17)] else { throw Unexpected() }
    #expect(batch.skipped.allSatisfy { $0.source == "hurt" && $0.file.hasPrefix("hurt-0000") })
    #expect(batch.skipped.allSatisfy { !$0.description.contains("\n") })
  }

  @Test("end the run at the first one under the policy fail")
  func failing() throws {
    let setup = LoaderSetup(batch: Self.count, badSamples: .fail)
    let loader = try setup.loader([try source("hurt", broken: true)])
    let error = #expect(throws: PipelineError.self) { try loader.load(step: 0) }
    guard case .badSample(let sample) = error?.reason else { throw Unexpected() }
    #expect(sample.source == "hurt")
  }

  @Test("of a damaged frame are counted, and no position shifts")
  func damagedFrame() throws {
    let source = try source("flip", broken: false)
    let setup = LoaderSetup(batch: Self.count)
    let whole = try setup.loader([source]).load(step: 1)
    let lost = try source.records[0].open(shard: 0).frameSamples[0]
    try flipByte(of: source.records[0].file(shard: 0), at: 40)
    let batch = try setup.loader([source]).load(step: 1)
    #expect(lost > 1 && batch.skipped.count == lost)
    #expect(batch.count == Self.count - lost)
    let left = Set(batch.rows.map(\.key))
    #expect(batch.contents == whole.contents.filter { left.contains($0.row.key) })
    for bad in batch.skipped {
      #expect(bad.key == nil && bad.frame == 0 && bad.file == "flip-00000.tar.zst")
      guard case .frame = bad.reason else { throw Unexpected() }
    }
  }

  @Test("of a shard cut short are those behind the cut, and other shards stay as they are")
  func cutShard() throws {
    let source = try source("cut", broken: false)
    let setup = LoaderSetup(batch: Self.count)
    let whole = try setup.loader([source]).load(step: 1)
    let reader = try source.records[0].open(shard: 0)
    #expect(reader.frameSamples.count >= 3 && source.records[0].index.shards.count > 1)
    let kept = Set(try reader.read(frame: 0).map(\.key))
    let gone = Set(try (1..<reader.frameSamples.count).flatMap {
      try reader.read(frame: $0).map(\.key)
    })
    let file = source.records[0].file(shard: 0)
    try Data(contentsOf: file).prefix(reader.frameRanges[1].upperBound - 1).write(to: file)
    let batch = try setup.loader([source]).load(step: 1)
    #expect(batch.skipped.count == gone.count && batch.count == Self.count - gone.count)
    let keys = batch.rows.map(\.key)
    #expect(Set(keys).count == keys.count && Set(keys).isDisjoint(with: gone))
    #expect(Set(keys).isSuperset(of: kept))
    func others(_ batch: Batch) -> [Batch.Content] {
      batch.contents.filter { !kept.contains($0.row.key) && !gone.contains($0.row.key) }
    }
    #expect(others(batch) == others(whole))
    for bad in batch.skipped {
      #expect(bad.frame >= 1 && bad.file == "cut-00000.tar.zst")
    }
    #expect(throws: PipelineError.self) {
      try LoaderSetup(batch: Self.count, badSamples: .fail).loader([source]).load(step: 1)
    }
  }

  @Test("a shard that is gone ends the run whatever the policy")
  func missingShard() throws {
    let source = try source("gone", broken: false)
    try FileManager.default.removeItem(at: source.records[0].file(shard: 0))
    let loader = try LoaderSetup(batch: Self.count).loader([source])
    #expect(throws: RecordError.self) { try loader.load(step: 0) }
  }

  @Test("may be as many as the limit of what was read, and of the first thousand")
  func tally() throws {
    let policy = BadSamplePolicy.skip(limit: 0.01)
    var tally = BadSampleTally()
    try tally.add(read: 12, skipped: 10, policy: policy)
    try tally.add(read: 1188, skipped: 2, policy: policy)
    #expect(tally.read == 1200 && tally.skipped == 12)
    let error = PipelineError(
      "data", .tooManyBadSamples(skipped: 13, read: 1201, limit: 0.01))
    #expect(throws: error) { try tally.add(read: 1, skipped: 1, policy: policy) }
    for remedy in ["`no text`", "--caption-column", "coca-shard verify", "bad_samples.limit"] {
      #expect(error.description.contains(remedy))
    }
    var strict = BadSampleTally()
    try strict.add(read: 5, skipped: 0, policy: .skip(limit: 0))
    #expect(throws: PipelineError.self) {
      try strict.add(read: 1, skipped: 1, policy: .skip(limit: 0))
    }
  }

  private func flipByte(of file: URL, at offset: Int) throws {
    var bytes = try Data(contentsOf: file)
    bytes[offset] ^= 0xFF
    try bytes.write(to: file)
  }
}

struct Unexpected: Error {}
