import Foundation
import Records
import Testing
import TestSupport

/// `COCA_RECORD_TRIALS` says how many trials; docs/records.md has the command for ten thousand.
@Suite("Random sets with random damage")
struct PropertyTests {
  static let trials =
    ProcessInfo.processInfo.environment["COCA_RECORD_TRIALS"].flatMap { Int($0) } ?? 200

  @Test("no wrong sample; each comes once or is counted as lost; what no damage touched comes")
  func trials() throws {
    var outcome = Outcome()
    for trial in 0..<Self.trials {
      var trial = Trial(seed: UInt64(trial))
      try trial.run(&outcome)
    }
    print("\(Self.trials) sets of \(outcome.samples) samples in \(outcome.shards) shards, "
      + "\(outcome.damaged) of them damaged: \(outcome.lost) samples lost, none wrong")
    #expect(outcome.damaged > Self.trials / 4)
    #expect(outcome.lost > Self.trials / 4 && outcome.lost < outcome.samples)
  }

  struct Outcome {
    var samples = 0, shards = 0, damaged = 0, lost = 0
  }
}

/// A random set, hurt at random, and read again.
private struct Trial {
  private var random: SmallRandom
  private let seed: UInt64
  /// Memory where there is some: a writer syncs each shard to the disk.
  private static let parent = FileManager.default.isWritableFile(atPath: "/dev/shm")
    ? URL(fileURLWithPath: "/dev/shm") : FileManager.default.temporaryDirectory

  init(seed: UInt64) {
    self.seed = seed
    random = SmallRandom(state: seed &* 7919)
  }

  mutating func run(_ outcome: inout PropertyTests.Outcome) throws {
    let folder = try TestFolder(in: Self.parent)
    let samples = SampleMaker.samples(number(1...24), seed: seed, largest: 200)
    try folder.pack(samples, shardBytes: number(200...4000), frameBytes: number(512...8000))
    let originals = Dictionary(uniqueKeysWithValues: samples.map { ($0.key, $0) })
    let set = try RecordSet(directory: folder.url)
    var seen: Set<String> = [], lost = 0
    for shard in set.index.shards.indices {
      let expected = try hurt(set, shard, &outcome)
      let found = try read(set, shard)
      for sample in found { #expect(sample == originals[sample.key], "seed \(seed)") }
      let keys = found.map(\.key)
      #expect(seen.isDisjoint(with: keys) && Set(keys).count == keys.count, "seed \(seed)")
      #expect(expected.subtracting(keys).isEmpty, "seed \(seed)")
      seen.formUnion(keys)
      lost += set.index.shards[shard].samples - found.count
    }
    let verified = set.verify { _, _ in true }
    #expect(verified.samples == seen.count && verified.samplesLost == lost, "seed \(seed)")
    #expect(seen.count + lost == samples.count, "seed \(seed)")
    outcome.samples += samples.count
    outcome.shards += set.index.shards.count
    outcome.lost += lost
  }

  private func read(_ set: RecordSet, _ shard: Int) throws -> [Sample] {
    let reader = try set.openAnyway(shard: shard)
    #expect(reader.samples == set.index.shards[shard].samples, "seed \(seed)")
    return reader.frameSamples.indices.flatMap { frame -> [Sample] in
      do {
        let samples = try reader.read(frame: frame)
        #expect(samples.count == reader.frameSamples[frame], "seed \(seed)")
        return samples
      } catch {
        return []
      }
    }
  }

  /// Damages a shard, or leaves it; gives the keys of the frames that it did not touch.
  private mutating func hurt(
    _ set: RecordSet, _ shard: Int, _ outcome: inout PropertyTests.Outcome
  ) throws -> Set<String> {
    let reader = try set.open(shard: shard)
    let keys = try reader.frameSamples.indices.map { try reader.read(frame: $0).map(\.key) }
    var bytes = [UInt8](try Data(contentsOf: set.file(shard: shard)))
    var untouched = Array(reader.frameSamples.indices)
    for _ in 0..<[0, 1, 1, 2].randomElement(using: &random)! where !bytes.isEmpty {
      let touched = damage(&bytes)
      untouched.removeAll { reader.frameRanges[$0].overlaps(touched) }
      // Places behind what was put in or taken out are no longer those of the table.
      if bytes.count != reader.bytes { break }
    }
    outcome.damaged += untouched.count < reader.frameSamples.count ? 1 : 0
    try Data(bytes).write(to: set.file(shard: shard))
    return Set(untouched.flatMap { keys[$0] })
  }

  /// Changes the bytes and says where.
  private mutating func damage(_ bytes: inout [UInt8]) -> Range<Int> {
    let start = number(0...bytes.count - 1)
    let part = start..<min(bytes.count, start + number(1...60))
    switch number(0...5) {
    case 0:
      bytes[start] ^= 1 << UInt8(number(0...7))
      return start..<(start + 1)
    case 1: bytes.replaceSubrange(part, with: part.map { _ in 0 })
    case 2: bytes.replaceSubrange(part, with: part.map { _ in UInt8(number(0...255)) })
    case 3:
      let end = bytes.count
      bytes.removeLast(bytes.count - start)
      return start..<end
    case 4: bytes.removeSubrange(part)
    default:
      bytes.insert(contentsOf: part.map { _ in UInt8(number(0...255)) }, at: start)
      return start..<(start + 1)
    }
    return part
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }
}
