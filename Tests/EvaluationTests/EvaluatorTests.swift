import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Records
import Synchronization
import Tensors
import TestSupport
import Testing
import Text

/// What one rank finds of a set in every task.
private struct Findings: Sendable, Equatable {
  var zeroShot: ZeroShotScores
  var retrieval: RetrievalScores
  var captions: [CaptionLine]
  var keys: [String]
  var textImage: [Int]
  var images: [Float]
  var texts: [Float]

  init(_ evaluator: Evaluator, _ records: RecordSet) throws {
    zeroShot = try evaluator.zeroShot(
      records: [records], classes: ClassNames(text: "a|b\nc\nd\ne", place: "names"),
      prompts: Prompts(text: "{}\na {}.", name: "prompts"))
    retrieval = try evaluator.retrieval(records: [records])
    captions = try evaluator.captions(
      records: [records], CaptionSettings(prompt: "x", maximumTokens: 6))
    let embeddings = try evaluator.embeddings(records: [records])
    (keys, textImage) = (embeddings.keys, embeddings.textImage)
    (images, texts) = (embeddings.images.values, embeddings.texts.values)
  }
}

@Suite("Evaluator")
struct EvaluatorTests {
  private let alone = SoloCommunicator()

  @Test("every number of ranks finds the same, ranks without pictures among them")
  func ranks() throws {
    let world = try SmallWorld()
    let records = try world.records("set", SmallWorld.samples(11))
    let expected = try Findings(
      Evaluator(saved: SmallWorld.saved(), over: alone, batch: 4), records)
    #expect(expected.zeroShot.images == 11 && expected.zeroShot.classes == 4)
    let numbers = Array(0..<11)
    #expect(expected.keys == numbers.map { "p/\($0)" })
    #expect(expected.textImage == numbers.flatMap { [$0, $0] })
    #expect(expected.captions.map(\.key) == expected.keys)
    #expect(expected.captions[2].references == ["2", "2 again"])
    #expect(expected.captions.allSatisfy { $0.tokens.starts(with: [2, 124]) })
    #expect(expected.captions.allSatisfy { (3...6).contains($0.tokens.count) })
    for size in [1, 2, 3, 5] {
      let found = try ThreadRanks.run(size) { ranks in
        try Findings(Evaluator(saved: SmallWorld.saved(), over: ranks, batch: 4), records)
      }
      #expect(found == Array(repeating: expected, count: size), "\(size) ranks")
    }
  }

  @Test("a class is the mean of its texts, so order and synonyms of one text change nothing")
  func synonyms() throws {
    let world = try SmallWorld()
    let records = try world.records("set", SmallWorld.samples(9))
    let evaluator = Evaluator(saved: try SmallWorld.saved(), over: alone, batch: 3)
    func scores(_ names: String) throws -> ZeroShotScores {
      try evaluator.zeroShot(
        records: [records], classes: ClassNames(text: names, place: "names"), prompts: .none)
    }
    let expected = try scores("a|f\nb\nc\nd")
    #expect(try scores("f|a\nb|b\nc|c|c\nd") == expected)
    // Classes that are the same text are told apart by nobody.
    #expect(try scores("a\na\na\na").top1 == 0)
  }

  @Test("samples that can't be used are counted, named once and left out", arguments: 1...3)
  func leftOut(size: Int) throws {
    let world = try SmallWorld()
    let text = Field(suffix: "txt", bytes: Array("t".utf8))
    let classes = Field(suffix: "cls", bytes: Array("1".utf8))
    var samples = try SmallWorld.samples(5)
    samples.append(try SmallWorld.sample(5, [text]))
    samples.append(try SmallWorld.sample(6, [classes]))
    samples.append(Sample(key: "p/7", fields: [Field(suffix: "png", bytes: [1]), text, classes]))
    let records = try world.records("set", samples)
    let told = Mutex<[LeftOut]>([])
    let found = try ThreadRanks.run(size) { ranks in
      let evaluator = Evaluator(saved: try SmallWorld.saved(), over: ranks, batch: 2) { notice in
        if case .leftOut(let samples) = notice { told.withLock { $0.append(samples) } }
      }
      let names = try ClassNames(text: "a\nb\nc\nd", place: "names")
      let zeroShot = try evaluator.zeroShot(records: [records], classes: names, prompts: .none)
      return (zeroShot.images, try evaluator.retrieval(records: [records]))
    }
    #expect(found.allSatisfy { $0.0 == 6 && $0.1.images == 6 && $0.1.texts == 11 })
    let all = told.withLock { $0 }
    #expect(all.map(\.count) == [2, 2])
    for (samples, line) in zip(all, ["p/5: no class", "p/6: no text"]) {
      #expect(samples.named.count == 2)
      #expect(samples.named.contains { $0.hasSuffix(line) })
      #expect(samples.named.contains { $0.contains("p/7: ") })
    }
  }

  @Test("every rank that works gives signs of life, to the end of its part")
  func progress() throws {
    let world = try SmallWorld()
    let records = try world.records("set", SmallWorld.samples(7))
    let told = try ThreadRanks.run(3) { ranks in
      var told: [[Int]] = []
      let evaluator = Evaluator(saved: try SmallWorld.saved(), over: ranks, batch: 2) { notice in
        if case .progress(let done, let all) = notice { told.append([done, all]) }
      }
      _ = try evaluator.retrieval(records: [records])
      return told
    }
    #expect(told == [[[1, 2], [2, 2]], [[1, 1]], [[1, 1]]])
  }

  @Test("what is wrong with a whole set is an error on every rank, with its code", arguments: 1...2)
  func wrongSets(size: Int) throws {
    let world = try SmallWorld()
    let bare = try world.records("bare", (0..<5).map { try SmallWorld.sample($0, []) })
    let full = try world.records("full", SmallWorld.samples(5))
    let names = try ClassNames(text: "a\nb", place: "names")
    func codes(_ body: @escaping @Sendable (Evaluator) throws -> Void) throws -> [Int32] {
      try ThreadRanks.run(size) { ranks in
        let evaluator = Evaluator(saved: try SmallWorld.saved(), over: ranks, batch: 2)
        do { try body(evaluator) } catch { return ExitCode.of(error) }
        return ExitCode.done
      }
    }
    let data = Array(repeating: ExitCode.data, count: size)
    let usage = Array(repeating: ExitCode.usage, count: size)
    let io = Array(repeating: ExitCode.io, count: size)
    #expect(try codes { _ = try $0.retrieval(records: [bare]) } == data)
    #expect(try codes { _ = try $0.losses(records: [bare]) } == data)
    #expect(
      try codes { _ = try $0.zeroShot(records: [bare], classes: names, prompts: .none) } == data)
    #expect(
      try codes { _ = try $0.zeroShot(records: [full], classes: names, prompts: .none) } == data)
    #expect(try codes { _ = try $0.captions(files: ["/nowhere.png"]) } == io)
    for settings in [
      CaptionSettings(maximumTokens: 1), CaptionSettings(maximumTokens: 10_000),
      CaptionSettings(prompt: String(repeating: "x", count: 16)),
      CaptionSettings(prompt: "xx", maximumNewTokens: 14),
      CaptionSettings(Decoding(rules: ScoreRules(minimumNew: 6)), maximumTokens: 6),
    ] {
      #expect(try codes { _ = try $0.captions(records: [full], settings) } == usage)
    }
  }

  @Test(
    "captions are the same in every batch and on every number of ranks, to the last bit",
    arguments: [
      Decoding(.beams(Beams(3)), captions: 2),
      Decoding(.beams(Beams(4, groups: 2, diversityPenalty: 1)), captions: 4),
      Decoding(
        .samples(Sampling(topP: 0.9, seed: 5)), rules: ScoreRules(minimumNew: 2), captions: 3),
    ])
  func batches(decoding: Decoding) throws {
    let world = try SmallWorld()
    let records = try world.records("set", SmallWorld.samples(7))
    let settings = CaptionSettings(decoding, prompt: "x")
    let expected = try Evaluator(saved: SmallWorld.saved(), over: alone, batch: 64)
      .captions(records: [records], settings)
    #expect(expected.map(\.key) == (0..<7).flatMap { key in
      (0..<decoding.captions).map { _ in "p/\(key)" }
    })
    #expect(expected.map(\.sample) == (0..<7).flatMap { _ in 0..<decoding.captions })
    #expect(expected.allSatisfy { $0.score.isFinite && $0.logprob < 0 })
    for (size, batch) in [(1, 1), (1, 8), (2, 12), (3, 1)] {
      let found = try ThreadRanks.run(size) { ranks in
        try Evaluator(saved: SmallWorld.saved(), over: ranks, batch: batch)
          .captions(records: [records], settings)
      }
      #expect(found == Array(repeating: expected, count: size), "\(size) ranks, batch \(batch)")
    }
  }

  @Test("files are captioned in order, under their names; no picture is left out")
  func files() throws {
    let world = try SmallWorld()
    let files = try (0..<5).map { number in
      let file = world.folder.file("\(number).png")
      try Data(number == 3 ? [0] : SmallWorld.picture(number)).write(to: file)
      return file.path
    }
    let expected = try Evaluator(saved: SmallWorld.saved(), over: alone, batch: 5)
      .captions(records: [world.records("set", SmallWorld.samples(5))], limit: 5)
    let lines = try Evaluator(saved: SmallWorld.saved(), over: alone, batch: 5)
      .captions(files: files)
    #expect(lines.map(\.key) == [0, 1, 2, 4].map { files[$0] })
    #expect(lines.map(\.caption) == [0, 1, 2, 4].map { expected[$0].caption })
    #expect(lines.allSatisfy { $0.references.isEmpty })
  }

  @Test("the embeddings' file holds rows, their pictures and the keys")
  func embeddingsFile() throws {
    let world = try SmallWorld()
    let samples = try SmallWorld.samples(3) + [SmallWorld.sample(3, [])]
    let embeddings = try Evaluator(saved: SmallWorld.saved(), over: alone, batch: 2)
      .embeddings(records: [world.records("set", samples)])
    let path = world.folder.file("out.safetensors")
    try embeddings.write(to: path, model: "m")
    let file = try SafeTensorsFile(path: path.path)
    #expect(file["image"]?.shape == [4, 12] && file["text"]?.shape == [6, 12])
    #expect(try file.integers("text_image") == [0, 0, 1, 1, 2, 2])
    let keys = try JSONDecoder().decode(
      [String].self, from: Data((file.metadata["keys"] ?? "").utf8))
    #expect(keys == ["p/0", "p/1", "p/2", "p/3"])
    var image = [Float](repeating: 0, count: 48)
    try image.withUnsafeMutableBufferPointer { try file.read("image", into: $0) }
    #expect(image == embeddings.images.values)
  }
}
