import Foundation
import Images
import Records
import TestSupport
import Testing

@Suite("Bad records", .serialized, .enabled(if: Job.hasLauncher))
struct BadRecordsTests {
  static let shard = "records/photos/photos-00000.tar.zst"
  private static let skip = "bad_samples: {policy: skip, limit: 0.9}"
  private static let fail = "bad_samples: {policy: fail}"

  /// Flips a bit within the first frame's compressed bytes.
  private func flip(_ world: TrainingWorld) throws {
    try world.damage(Self.shard) { $0[200] ^= 4 }
  }

  @Test("a flipped bit costs its frame under skip: counted, named, gone on, the same for all ranks")
  func skipped() throws {
    let world = try TrainingWorld()
    try world.configure(Self.skip)
    try flip(world)
    let outcome = try world.train()
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(outcome.errors.contains("left out records/photos"), "\(outcome.all)")
    #expect(outcome.errors.contains("photos-00000.tar.zst frame 0"), "\(outcome.all)")
    let alone = try RunResult(world.folder)
    #expect(alone.steps.contains { $0.skipped > 0 })
    #expect(alone.steps.allSatisfy { $0.pairs + $0.skipped == 12 })
    for ranks in 2...3 {
      let outcome = try world.train(ranks: ranks, output: "ranks-\(ranks)")
      #expect(outcome.code == 0, "\(outcome.all)")
      #expect(outcome.errors.contains("photos-00000.tar.zst frame 0"), "\(outcome.all)")
      let result = try RunResult(world.folder, output: "ranks-\(ranks)")
      #expect(result.keys == alone.keys)
      #expect(result.steps.map(\.skipped) == alone.steps.map(\.skipped))
      #expect(result.difference(from: alone) < 1e-4)
    }
  }

  @Test("a flipped bit ends a run with 65 under fail, or above the limit", arguments: [nil, 2])
  func failed(ranks: Int?) throws {
    let world = try TrainingWorld()
    try flip(world)
    try world.configure(Self.fail)
    let outcome = try world.train(ranks: ranks)
    #expect(outcome.code == 65, "\(outcome.all)")
    expectTold(outcome, ["photos-00000.tar.zst frame 0", "bad_samples: {policy: skip}"])
    #expect(try RunResult.status(world.folder).state == "failed")
    #expect(try RunResult.status(world.folder).code == 65)

    try world.configure("bad_samples: {policy: skip, limit: 0.001}")
    let limited = try world.train(ranks: ranks, output: "limited")
    #expect(limited.code == 65, "\(limited.all)")
    expectTold(limited, ["more than the limit of 0.001", "coca-shard verify"])
    #expect(!world.folder.exists("limited/checkpoints/latest"))
  }

  @Test("a shard cut short costs the frames behind the cut, the same for all ranks")
  func truncated() throws {
    let world = try TrainingWorld()
    let whole = try ShardReader(file: world.folder.file(Self.shard))
    let first = try whole.read(frame: 0).map(\.key)
    try world.damage(Self.shard) { $0.removeLast($0.count / 2) }
    try world.configure(Self.skip)
    let outcome = try world.train()
    #expect(outcome.code == 0, "\(outcome.all)")
    #expect(
      outcome.errorLines.contains {
        $0.contains("photos-00000.tar.zst frame") && $0.contains("not a whole shard")
      }, "\(outcome.all)")
    let alone = try RunResult(world.folder)
    let used = Set(alone.keys.flatMap { $0.keys["records/photos"] ?? [] })
    #expect(used.isSuperset(of: first))
    #expect(used.count < 14 && used.count > 14 - whole.samples)
    #expect(try world.train(ranks: 2, output: "ranks").code == 0)
    let shared = try RunResult(world.folder, output: "ranks")
    #expect(shared.keys == alone.keys)
    #expect(shared.steps.map(\.skipped) == alone.steps.map(\.skipped))
  }

  @Test("a shard cut short ends a run with 65 under fail", arguments: [nil, 2])
  func truncatedUnderFail(ranks: Int?) throws {
    let world = try TrainingWorld()
    try world.damage(Self.shard) { $0.removeLast($0.count / 2) }
    try world.configure(Self.fail)
    let outcome = try world.train(ranks: ranks)
    #expect(outcome.code == 65, "\(outcome.all)")
    expectTold(outcome, ["photos-00000.tar.zst", "pack it anew"])
    #expect(!world.folder.exists("out/checkpoints"))
  }

  @Test("a missing shard is named, and the run ends with its code")
  func missing() throws {
    let world = try TrainingWorld()
    try FileManager.default.removeItem(at: world.folder.file(Self.shard))
    try world.configure(Self.fail)
    let outcome = try world.train()
    #expect(outcome.code == 74, "\(outcome.all)")
    expectTold(outcome, ["photos-00000.tar.zst", "No such file", "Check the path"])
  }

  @Test("pictures that do not decode, claim too much or lack text follow the policy by key")
  func samples() throws {
    let world = try TrainingWorld()
    try write(world)
    try world.configure(Self.skip, replacing: "records/icons, weight: 1, text: labels",
      by: "records/mixed, weight: 1, text: caption")
    let outcome = try world.train()
    #expect(outcome.code == 0, "\(outcome.all)")
    for key in ["broken", "huge", "silent", "bare"] {
      #expect(outcome.errors.contains("frame 0, \(key): "), "\(key): \(outcome.all)")
    }
    #expect(outcome.errors.contains("20990"), "\(outcome.all)")
    let result = try RunResult(world.folder)
    let used = Set(result.keys.flatMap { $0.keys["records/mixed"] ?? [] })
    #expect(used == ["good"])
    #expect(result.steps.map(\.skipped).reduce(0, +) > 20)

    try world.configure(Self.fail, replacing: "records/icons, weight: 1, text: labels",
      by: "records/mixed, weight: 1, text: caption")
    let failed = try world.train(output: "failed")
    #expect(failed.code == 65, "\(failed.all)")
    expectTold(failed, ["records/mixed", "bad_samples: {policy: skip}"])
  }

  private func write(_ world: TrainingWorld) throws {
    let picture = Picture(width: 8, height: 8, pixels: Array(repeating: 90, count: 192))
    let png = try ImageEncoder.png(picture)
    var huge = png
    huge.replaceSubrange(16..<24, with: [0, 0, 0x51, 0xFE, 0, 0, 0x74, 0x04])
    let caption = Field(suffix: "txt", bytes: Array("a grey square".utf8))
    let samples = [
      Sample(key: "good", fields: [Field(suffix: "png", bytes: png), caption]),
      Sample(key: "broken", fields: [Field(suffix: "png", bytes: Array(png.prefix(40))), caption]),
      Sample(key: "huge", fields: [Field(suffix: "png", bytes: huge), caption]),
      Sample(key: "silent", fields: [Field(suffix: "png", bytes: png)]),
      Sample(key: "bare", fields: [caption]),
    ]
    let writer = try RecordWriter(
      directory: world.folder.file("records/mixed"), name: "mixed", shardBytes: 1 << 20,
      frameBytes: 1 << 20, level: 1, origin: "a test")
    for sample in samples { try writer.append(sample) }
    _ = try writer.finish()
  }

  private func expectTold(
    _ outcome: Job.Outcome, _ texts: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let lines = outcome.errorLines.filter { line in texts.allSatisfy { line.contains($0) } }
    #expect(lines.count == 1, "\(texts): \(outcome.all)", sourceLocation: sourceLocation)
  }
}
