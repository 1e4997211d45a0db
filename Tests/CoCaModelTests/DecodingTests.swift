import CoCaModel
import Foundation
import Tensors
import Testing

@Suite("Decoding")
struct DecodingTests {
  @Test("finds the texts and scores of Hugging Face's generate, greedy and with 2 to 6 beams")
  func searches() throws {
    let cases = try Fixture.read("decoding").searches ?? []
    #expect(cases.count > 40)
    for (number, entry) in cases.enumerated() {
      try expect(entry.decoding, entry, "search \(number)")
    }
  }

  @Test("by groups of beams finds what Hugging Face's Hamming diversity gives")
  func groups() throws {
    let cases = try Fixture.read("groups").groups ?? []
    #expect(cases.count > 10)
    for (number, entry) in cases.enumerated() {
      try expect(entry.decoding, entry, "groups \(number)")
    }
  }

  private func expect(_ decoding: Decoding, _ entry: Fixture.Search, _ name: String) throws {
    let bounds = CaptionBounds(
      prompt: entry.prompt, end: Table.end, maximum: entry.prompt.count + entry.maximum)
    for (image, expected) in entry.images.enumerated() {
      let found = Table.captions(decoding, bounds, image: image)
      #expect(found.map(\.ids) == expected.map(\.ids), "\(name), image \(image)")
      let farthest = zip(found, expected).map { abs($0.score - ($1.score ?? $0.score)) }.max()
      #expect(farthest ?? 1 < 1e-9, "\(name), image \(image)")
    }
  }

  @Test("with one beam finds the greedy text")
  func oneBeam() throws {
    for image in 0..<20 {
      let bounds = CaptionBounds(prompt: [2], end: Table.end, maximum: 9)
      let greedy = Table.captions(Decoding(), bounds, image: image)
      let beam = Table.captions(Decoding(.beams(Beams(1))), bounds, image: image)
      #expect(beam.map(\.ids) == greedy.map(\.ids))
      #expect(abs(beam[0].logProbability - greedy[0].logProbability) < 1e-12)
    }
  }

  @Test("leaves the probabilities of Hugging Face's temperature, top-k, top-p and min-p")
  func filters() throws {
    let cases = try Fixture.read("decoding").filters ?? []
    #expect(cases.count >= 40)
    for (number, entry) in cases.enumerated() {
      let sampling = Sampling(
        temperature: entry.temperature, topK: entry.top_k, topP: entry.top_p, minP: entry.min_p)
      let found = sampling.probabilities(Table.scores(of: entry.image, after: [2]))
      let farthest = zip(found, entry.probabilities).map { abs($0 - $1) }.max()
      #expect(farthest ?? 1 < 1e-12, "filter \(number)")
    }
  }

  @Test("keeps every id that equals the k-th likeliest")
  func ties() {
    let found = Sampling(topK: 2).probabilities([1, 3, 1, 2, 2, -.infinity])
    #expect(found.map { $0 > 0 } == [false, true, false, true, true, false])
  }

  @Test("draws ids as often as their probabilities say")
  func draws() {
    let sampling = Sampling(temperature: 1.5, seed: 4), draws = 4000
    let bounds = CaptionBounds(prompt: [2], end: Table.end, maximum: 2)
    let decoding = Decoding(.samples(sampling), captions: draws)
    var counts = [Double](repeating: 0, count: Table.vocabulary)
    for caption in Table.captions(decoding, bounds, image: 0) { counts[Int(caption.ids[1])] += 1 }
    let expected = sampling.probabilities(Table.scores(of: 0, after: [2]))
      .map { $0 * Double(draws) }
    let chiSquare = zip(counts, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
    // 16 degrees of freedom: above 39.3 in one case of a thousand.
    #expect(chiSquare < 39.3)
    #expect(expected.allSatisfy { $0 > 1 })
  }

  @Test("draws by the seed, the image, the number of the sample and the place alone")
  func keys() {
    let bounds = CaptionBounds(prompt: [2], end: -1, maximum: 12)
    func texts(_ captions: Int, _ image: String, seed: UInt64) -> [[Int32]] {
      Table.captions(
        Decoding(.samples(Sampling(seed: seed)), captions: captions), bounds, image: 0, key: image
      ).map(\.ids)
    }
    let five = texts(5, "a", seed: 1)
    #expect(Set(five).count == 5)
    #expect(texts(3, "a", seed: 1) == Array(five.prefix(3)))
    #expect(texts(1, "b", seed: 1) != [five[0]] && texts(1, "a", seed: 2) != [five[0]])
  }

  @Test(
    "ends a text as it is where no id can follow, and where scores are not numbers",
    arguments: [
      Decoding(), Decoding(.beams(Beams(3)), captions: 3),
      Decoding(.samples(Sampling()), captions: 2),
    ])
  func deadEnds(decoding: Decoding) {
    for score in [-Double.infinity, .nan, .infinity] {
      var search = decoding.search(CaptionBounds(prompt: [2], end: 3, maximum: 9), image: "a")
      search.advance([[Double](repeating: score, count: 5)])
      #expect(search.open.isEmpty)
      #expect(search.captions.allSatisfy { $0.ids == [2] && $0.logProbability == 0 })
      #expect(search.captions.count >= 1)
    }
  }
}

/// Scores by a formula, the same as in make_decoding.py.
private enum Table {
  static let vocabulary = 17
  static let end: Int32 = 3

  static func scores(of image: Int, after ids: [Int32]) -> [Double] {
    let state = ids.reduce(mix(UInt64(image))) { mix($0 ^ UInt64($1)) }
    return (0..<vocabulary).map { id in
      let uniform = Double(mix(state ^ UInt64(1000 + id)) >> 11) * 0x1p-53
      return (uniform - 0.5) * 8 + (id == Int(end) ? 1 : 0)
    }
  }

  private static func mix(_ state: UInt64) -> UInt64 {
    var state = state &+ 0x9E37_79B9_7F4A_7C15
    state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
    return state ^ (state >> 31)
  }

  static func captions(
    _ decoding: Decoding, _ bounds: CaptionBounds, image: Int, key: String = ""
  ) -> [ScoredCaption] {
    var search = decoding.search(bounds, image: key)
    while !search.open.isEmpty {
      search.advance(search.open.map { scores(of: image, after: $0.ids) })
    }
    return search.captions
  }
}

/// What Fixtures/make_decoding.py wrote.
private struct Fixture: Decodable {
  struct Search: Decodable {
    struct Caption: Decodable {
      let ids: [Int32]
      let score: Double?
    }
    let beams: Int
    let length_penalty: Double
    let prompt: [Int32]
    let maximum: Int
    let images: [[Caption]]
    let stopping: String?
    let repetition_penalty: Double?
    let no_repeat: Int?
    let minimum: Int?
    let groups: Int?
    let diversity_penalty: Double?

    var decoding: Decoding {
      let rules = ScoreRules(
        repetitionPenalty: repetition_penalty ?? 1, noRepeatNGram: no_repeat == 0 ? nil : no_repeat,
        minimumNew: minimum ?? 0)
      guard beams > 1 else { return Decoding(rules: rules) }
      let beams = Beams(
        beams, lengthPenalty: length_penalty,
        stopping: stopping.flatMap(Beams.Stopping.init) ?? .estimate, groups: groups ?? 1,
        diversityPenalty: diversity_penalty ?? 0)
      return Decoding(.beams(beams), rules: rules, captions: beams.count)
    }
  }
  struct Filter: Decodable {
    let image: Int
    let temperature: Double
    let top_k: Int?
    let top_p: Double?
    let min_p: Double?
    let probabilities: [Double]
  }
  let searches: [Search]?
  let filters: [Filter]?
  let groups: [Search]?

  static func read(_ name: String) throws -> Fixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name).json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }
}
