import Foundation
import Records
import TestSupport

/// Numbers that look random and are the same every time (SplitMix64).
struct SmallRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

enum SampleMaker {
  /// Samples with one to three fields of 0 to `largest` bytes, partly random, partly text.
  static func samples(_ count: Int, seed: UInt64, largest: Int = 1500) -> [Sample] {
    var random = SmallRandom(state: seed)
    return (0..<count).map { number in
      var fields = [Field(suffix: "jpg", bytes: bytes(Int.random(in: 0...largest, using: &random)))]
      if Bool.random(using: &random) {
        fields.append(Field(suffix: "txt", bytes: Array("picture \(number)\n".utf8)))
      }
      if Bool.random(using: &random) {
        fields.append(Field(suffix: "cls", bytes: Array("\(number % 10)".utf8)))
      }
      return Sample(key: key(number, using: &random), fields: fields)
    }

    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
  }

  private static func key(_ number: Int, using random: inout SmallRandom) -> String {
    let folders = ["", "a/", "vögel/", "a/b/c/", String(repeating: "deep/", count: 40)]
    let tails = ["", "é", "猫", " with space", String(repeating: "x", count: 120)]
    return folders.randomElement(using: &random)! + "\(number)"
      + tails.randomElement(using: &random)!
  }

  /// Bytes that zstd cannot make smaller.
  static func noise(_ key: String, bytes: Int, seed: UInt64) -> Sample {
    var random = SmallRandom(state: seed)
    let noise = (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    return Sample(key: key, fields: [Field(suffix: "jpg", bytes: noise)])
  }

  static func plain(_ key: String, _ text: String = "word") -> Sample {
    Sample(key: key, fields: [Field(suffix: "txt", bytes: Array(text.utf8))])
  }
}

extension TestFolder {
  /// Writes the samples as shards `s-00000.tar.zst` and gives the index.
  @discardableResult
  func pack(
    _ samples: [Sample], shardBytes: Int = 1 << 30, frameBytes: Int = 1 << 20
  ) throws -> RecordIndex {
    let writer = try writer(shardBytes: shardBytes, frameBytes: frameBytes)
    for sample in samples { try writer.append(sample) }
    return try writer.finish()
  }

  func writer(
    name: String = "s", shardBytes: Int = 1 << 30, frameBytes: Int = 1 << 20,
    continuing: Bool = false, writesIndex: Bool = true
  ) throws -> RecordWriter {
    try RecordWriter(
      directory: url, name: name, shardBytes: shardBytes, frameBytes: frameBytes, level: 3,
      origin: "a test", continuing: continuing, writesIndex: writesIndex)
  }

  func readAll() throws -> [Sample] {
    let set = try RecordSet(directory: url)
    return try set.index.shards.indices.flatMap { try set.open(shard: $0).readAll() }
  }
}

extension ShardReader {
  func readAll() throws -> [Sample] {
    try frameSamples.indices.flatMap { try read(frame: $0) }
  }
}

/// What a call throws, where it is an error of this module.
func reason(_ work: () throws -> Void) -> RecordError.Reason? {
  do {
    try work()
    return nil
  } catch {
    return (error as? RecordError)?.reason ?? error as? RecordError.Reason
  }
}
