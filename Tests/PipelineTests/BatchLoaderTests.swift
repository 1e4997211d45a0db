import Foundation
import Images
import Pipeline
import Records
import Testing
import TestSupport
import Text

@Suite("Batch loader")
struct BatchLoaderTests {
  let world: World
  let sources: [SampleSource]
  static let counts = [("a", 23, 3.0), ("b", 9, 2.0), ("c", 31, 2.0)]

  init() throws {
    let world = try World()
    self.world = world
    sources = try Self.counts.map { name, count, weight in
      SampleSource(
        name: name, records: [try world.records(name, try World.samples(name, count))],
        weight: weight)
    }
  }

  @Test("the sets of this suite have several shards and frames")
  func worldIsNotTrivial() throws {
    for source in sources {
      #expect(source.records[0].index.shards.count > 1)
      #expect(try source.records[0].open(shard: 0).frameSamples.filter { $0 > 1 }.count > 1)
    }
  }

  @Test("a row holds the picture and the caption of its key, and counts add up")
  func rowsAreConsistent() throws {
    let batch = try LoaderSetup(batch: 60).loader(sources).load(step: 0)
    #expect(batch.count == 60 && batch.skipped.isEmpty)
    #expect(batch.images.shape == [60, 3, 8, 8])
    #expect(batch.counts.reduce(0, +) == 60)
    #expect(batch.keys.mapValues(\.count) == ["a": batch.counts[0], "b": batch.counts[1],
                                              "c": batch.counts[2]])
    for (row, content) in batch.contents.enumerated() {
      let number = try #require(Int(content.row.key.split(separator: "/")[1]))
      #expect(content.row.key == World.key(sources[content.row.source].name, number))
      #expect(ByteTokenizer().decode(content.ids) == "\(number)")
      #expect(content.ids.first == 2 && content.ids.last == 3)
      let pixels = batch.pixels(row)
      #expect(pixels[0..<128].allSatisfy { $0 == Float(number) / 255 })
      #expect(pixels[128...].allSatisfy { $0 == Float(7) / 255 })
    }
  }

  @Test("equal words have equal hashes, whatever the prompt and the case; classes have theirs")
  func hashes() throws {
    func sample(_ key: String, _ fields: [(String, String)]) throws -> Sample {
      Sample(
        key: key,
        fields: try [Field(suffix: "png", bytes: World.picture(1))]
          + fields.map { Field(suffix: $0.0, bytes: Array($0.1.utf8)) })
    }
    func row(_ key: String, _ fields: [(String, String)], labels: Bool = false) throws
      -> Batch.Row
    {
      let records = try world.records(key, [sample(key, fields)])
      let text = labels ? SampleSource.Text.labels(.default) : .caption
      let source = SampleSource(name: key, records: [records], text: text)
      return try #require(LoaderSetup(batch: 1, lanes: 1).loader([source]).load(step: 0).rows.first)
    }
    let caption = try row("caption", [("txt", "A  Wren\n")])
    let labels = try row("labels", [("json", #"{"labels": ["a wren"]}"#)], labels: true)
    #expect(caption.textHash == labels.textHash && caption.imageHash == labels.imageHash)
    #expect(caption.labelHash == nil && labels.labelHash == labels.textHash)
    let numbered = try row("numbered", [("txt", "a wren."), ("cls", "3")])
    #expect(numbered.textHash != caption.textHash && numbered.labelHash != nil)
  }

  @Test("every sample comes exactly once per epoch", arguments: [1, 7, 240])
  func everySampleOnce(lanes: Int) throws {
    let loader = try LoaderSetup(batch: 21, lanes: lanes).loader(sources)
    var seen = Self.counts.map { _ in [String]() }
    for step in 0..<12 {
      let batch = try loader.load(step: step)
      for row in batch.rows.sorted(by: { $0.number < $1.number }) {
        #expect(row.number == seen[row.source].count)
        seen[row.source].append(row.key)
      }
    }
    for (source, (name, count, _)) in Self.counts.enumerated() {
      let expected = (0..<count).map { World.key(name, $0) }.sorted()
      let epochs = seen[source].count / count
      #expect(epochs >= 2)
      let orders = (0..<epochs).map { Array(seen[source][($0 * count)..<(($0 + 1) * count)]) }
      for order in orders { #expect(order.sorted() == expected) }
      #expect(Set(orders).count == epochs)
    }
  }

  @Test("the same rows, to the bit, for every number of ranks, workers and bytes of cache",
        arguments: [(1, 3, 1 << 20), (2, 1, 0), (3, 2, 9000), (7, 1, 1 << 20)])
  func sameRows(size: Int, workers: Int, cacheBytes: Int) throws {
    let alone = try LoaderSetup().loader(sources)
    let ranks = try (0..<size).map { rank in
      try LoaderSetup(rank: rank, size: size, workers: workers, cacheBytes: cacheBytes)
        .loader(sources)
    }
    for step in [4, 0, 1] {
      let expected = Dictionary(grouping: try alone.load(step: step).contents, by: \.row.lane)
      let shared = try ranks.flatMap { try $0.load(step: step).contents }
      #expect(Dictionary(grouping: shared, by: \.row.lane) == expected)
    }
  }

  @Test("a step loaded alone equals the step reached by walking")
  func resumes() throws {
    let walker = try LoaderSetup().loader(sources)
    for step in 0..<9 {
      let walked = try walker.load(step: step)
      let fresh = try LoaderSetup().loader(sources).load(step: step)
      #expect(walked.contents == fresh.contents)
    }
  }

  @Test("a rank without a pair in a step gets an empty batch")
  func emptyRank() throws {
    let setup = LoaderSetup(batch: 1, lanes: 8, size: 8)
    let batches = try (0..<8).map { rank in
      var mine = setup
      mine.rank = rank
      return try mine.loader(sources).load(step: 0)
    }
    #expect(batches.map(\.count).sorted() == [0, 0, 0, 0, 0, 0, 0, 1])
    let empty = try #require(batches.first { $0.count == 0 })
    #expect(empty.images.shape == [0, 3, 8, 8] && empty.captions.count == 0)
    #expect(empty.keys.isEmpty)
  }

  @Test("augmentation changes with the epoch and stays for the sample")
  func augmentation() throws {
    let pixels = (0..<1600).flatMap { place -> [UInt8] in
      [UInt8(place % 251), UInt8(place / 40), 0]
    }
    let png = try ImageEncoder.png(Picture(width: 40, height: 40, pixels: pixels))
    let sample = Sample(
      key: "one",
      fields: [Field(suffix: "png", bytes: png), Field(suffix: "txt", bytes: Array("x".utf8))])
    let source = SampleSource(name: "one", records: [try world.records("one", [sample])])
    func images(_ setup: LoaderSetup) throws -> [UInt64] {
      let batch = try setup.loader([source]).load(step: 0)
      return batch.contents.sorted { $0.row.number < $1.row.number }.map(\.image)
    }
    let drawn = try images(LoaderSetup(batch: 4, lanes: 1))
    #expect(Set(drawn).count == 4)
    #expect(try images(LoaderSetup(batch: 2, lanes: 2)) == Array(drawn[0..<2]))
    let plain = try images(LoaderSetup(batch: 4, lanes: 1, augmentation: nil))
    #expect(Set(plain).count == 1)
  }

  @Test("folders of one source are read as one set")
  func severalFolders() throws {
    let both = SampleSource(name: "both", records: sources[0].records + sources[1].records)
    let batch = try LoaderSetup(batch: 32).loader([both]).load(step: 0)
    let expected = (0..<23).map { World.key("a", $0) } + (0..<9).map { World.key("b", $0) }
    #expect(batch.rows.map(\.key).sorted() == expected.sorted())
  }

  @Test("more ranks than lanes, or captions without a tokenizer, are refused")
  func refused() throws {
    #expect(throws: PipelineError("lanes", .moreRanksThanLanes(ranks: 9, lanes: 8))) {
      try LoaderSetup(lanes: 8, size: 9).loader(sources)
    }
    #expect(throws: PipelineError("a", .noTokenizer)) {
      try LoaderSetup(tokenizer: nil).loader(sources)
    }
  }

  @Test("a cancelled load ends before the next sample")
  func cancelled() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: PipelineError("data", .cancelled)) {
      try LoaderSetup().loader(sources).load(step: 0, cancellation: cancellation)
    }
  }
}
