import Foundation
import Pipeline
import Records
import Testing

@Suite("Evaluation reader")
struct EvaluationReaderTests {
  let world: World
  let records: [RecordSet]
  static let count = 29

  init() throws {
    world = try World()
    var samples = try World.samples("e", Self.count)
    for number in samples.indices {
      samples[number].fields += [
        Field(suffix: "cls", bytes: Array("\(number % 5)".utf8)),
        Field(suffix: "json", bytes: Array(#"{"captions": ["\#(number)", "more"]}"#.utf8)),
      ]
    }
    samples[6].fields[0].bytes = [1, 2, 3]
    records = [try world.records("x", Array(samples[..<20])),
               try world.records("y", Array(samples[20...]))]
  }

  private func reader(_ limit: Int? = nil, _ policy: BadSamplePolicy = .skip(limit: 1))
    -> EvaluationReader
  {
    EvaluationReader(
      name: "set", records: records, transform: World.transform, limit: limit, policy: policy)
  }

  @Test("reads every sample in order, whatever the batch", arguments: [1, 3, 7, 64])
  func inOrder(size: Int) throws {
    let reader = reader()
    var keys: [String] = [], skipped: [String?] = []
    for range in reader.batches(of: size) {
      let batch = try reader.read(range)
      #expect(batch.images.shape == [batch.count, 3, 8, 8])
      for (row, number) in batch.samples.enumerated() {
        #expect(batch.keys[row] == World.key("e", number))
        #expect(batch.annotations[row].classIndex == number % 5)
        #expect(batch.annotations[row].captions == ["\(number)", "more"])
        #expect(batch.images.values[row * 192] == Float(number) / 255)
      }
      keys += batch.keys
      skipped += batch.skipped.map(\.key)
    }
    #expect(keys == (0..<Self.count).filter { $0 != 6 }.map { World.key("e", $0) })
    #expect(skipped == [World.key("e", 6)])
  }

  @Test("ranks' shares are the range, in order and equal within one", arguments: 1...8)
  func shares(size: Int) {
    for range in [0..<0, 4..<5, 3..<20] {
      let shares = (0..<size).map { EvaluationReader.share(of: range, rank: $0, size: size) }
      #expect(shares.flatMap { Array($0) } == Array(range))
      let counts = shares.map(\.count)
      #expect(counts.max()! - counts.min()! <= 1)
    }
  }

  @Test("a limit reads the front only, and an empty range nothing")
  func limit() throws {
    #expect(reader(5).count == 5 && reader(100).count == Self.count)
    #expect(try reader(5).read(0..<5).keys == (0..<5).map { World.key("e", $0) })
    #expect(try reader().read(2..<2).count == 0)
  }

  @Test("under the policy fail a bad sample ends the reading")
  func failing() throws {
    let reader = reader(nil, .fail)
    #expect(try reader.read(0..<6).count == 6)
    #expect(throws: PipelineError.self) { try reader.read(0..<7) }
  }
}
