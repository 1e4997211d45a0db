import Foundation
import Records
import TestSupport
import Testing

@Suite("A resume on replaced data", .serialized)
struct ReplacedDataTests {
  private func resumed(_ change: (TrainingWorld) throws -> Void) throws -> Job.Outcome {
    let world = try TrainingWorld()
    try world.configure()
    #expect(try world.train(["--time-limit", "00:00:00"]).code == 75)
    try change(world)
    let outcome = try world.train(["--set", "log.every=100"])
    #expect(outcome.code == 0, "\(outcome.all)")
    return outcome
  }

  private func samples(_ world: TrainingWorld) throws -> [Sample] {
    let set = try RecordSet(directory: world.folder.file("records/photos"))
    return try set.index.shards.indices.flatMap { shard in
      let reader = try set.open(shard: shard)
      return try reader.frameSamples.indices.dropLast().flatMap { try reader.read(frame: $0) }
    }
  }

  @Test("says what the source held and holds")
  func fewer() throws {
    let outcome = try resumed { world in
      let set = try samples(world)
      try FileManager.default.removeItem(at: world.folder.file("records/photos"))
      try world.folder.records("records/photos", Array(set.dropLast(4)))
    }
    #expect(outcome.errors.contains("10 samples in "), "\(outcome.all)")
    #expect(outcome.errors.contains("14 samples in "), "\(outcome.all)")
  }

  @Test("says so where the counts are the same and the bytes are not")
  func same() throws {
    let outcome = try resumed { world in
      let set = try samples(world)
      try FileManager.default.removeItem(at: world.folder.file("records/photos"))
      try world.folder.records(
        "records/photos", set.reversed(), shardBytes: 6000, frameBytes: 6 << 10)
    }
    #expect(outcome.errors.contains("as many samples, but other shards"), "\(outcome.all)")
  }

  @Test("says nothing where the data are the same")
  func untouched() throws {
    let outcome = try resumed { _ in }
    #expect(!outcome.errors.contains("not what the run was trained on"), "\(outcome.all)")
  }
}
