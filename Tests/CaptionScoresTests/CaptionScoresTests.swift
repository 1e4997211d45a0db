import CaptionScores
import Foundation
import JSON
import Testing

@Suite("Caption scores")
struct CaptionScoresTests {
  @Test("scores of a set and of its images equal the reference's to 1e-12")
  func golden() throws {
    let fixture = try Fixture.json("scores.json")
    let captions = try #require(fixture["images"]?.array).map { row in
      JudgedCaption(
        key: "\(row["id"]?.integer ?? 0)", candidate: row["candidate"]?.string ?? "",
        references: (row["references"]?.array ?? []).compactMap(\.string))
    }
    let found = try CaptionScores(captions)
    let expected = try #require(fixture["scores"]?.object)
    #expect(expected.count == 6 && captions.count == 20)
    for (name, truth) in expected {
      let whole = try #require(found.set[name])
      #expect(near(whole, truth["set"]?.double), "\(name): \(whole)")
      let images = try #require(truth["images"]?.array).map(\.double)
      for (place, pair) in zip(found.images.map { $0[name] }, images).enumerated() {
        #expect(near(try #require(pair.0), pair.1), "\(name) of image \(place)")
      }
    }
  }

  @Test("the documented values of three images come out")
  func documented() throws {
    let set = try CaptionScores(Self.three).set
    let expected = [0.6595414761757948, 0.5553836248742018, 0.4450581759369607]
    #expect(zip(set.bleu, expected).allSatisfy { near($0, $1) })
    #expect(near(set.bleu[3], 5.7323730266676706e-05))
    #expect(near(set.rougeL, 0.42888563049853373) && near(set.cider, 1.676874921795746))
    #expect(near(set.length, 13.0 / 3))
  }

  @Test("a caption that equals its only reference has a CIDEr of 10, and other scores of 1")
  func equal() throws {
    let captions = ["a red bus stops here", "two dogs play in snow"].map {
      JudgedCaption(key: $0, candidate: $0, references: [$0])
    }
    let found = try CaptionScores(captions)
    for scores in [found.set] + found.images {
      #expect(near(scores.cider, 10) && near(scores.ciderPlain, 10) && near(scores.rougeL, 1))
      #expect(scores.bleu.allSatisfy { abs($0 - 1) < 1e-8 })
    }
  }

  @Test("plain CIDEr has no penalty for length, and does not clip counts")
  func plain() throws {
    let captions = [
      JudgedCaption(key: "1", candidate: "dog dog dog dog dog dog", references: ["a dog"]),
      JudgedCaption(key: "2", candidate: "a cat", references: ["a cat"]),
    ]
    let first = try CaptionScores(captions).images[0]
    // Of the words only "dog" is rare: its cosine is 1, and there is no pair of words in common.
    #expect(near(first.ciderPlain, 2.5) && first.cider < 0.5)
  }

  @Test("one image has no intervals and a CIDEr of 0")
  func single() throws {
    let found = try CaptionScores([Self.three[0]])
    #expect(found.intervals.isEmpty && found.set.cider == 0 && found.set.bleu[0] > 0.5)
  }

  @Test("a score lies within its interval, and intervals are the same each time")
  func intervals() throws {
    let found = try CaptionScores(Self.three), again = try CaptionScores(Self.three)
    #expect(found.intervals == again.intervals && found.intervals.count == 8)
    for (name, value) in found.set.named {
      #expect(try #require(found.intervals[name]).contains(value), "\(name)")
    }
  }

  @Test("distinct-n counts different words and pairs over all captions")
  func distinct() throws {
    let captions = ["a dog", "a dog", "a cat"].map {
      JudgedCaption(key: $0, candidate: $0, references: ["a"])
    }
    let found = try CaptionScores(captions)
    #expect(near(found.distinct.words, 0.5) && near(found.distinct.pairs, 2.0 / 3))
  }

  @Test("words count as equal only if their code points are")
  func codePoints() throws {
    let caption = JudgedCaption(
      key: "1", candidate: "cafe\u{301}", references: ["caf\u{E9}"])
    #expect(try CaptionScores([caption, Self.three[0]]).images[0].rougeL == 0)
  }

  @Test("METEOR's program is named if it is not there or does not answer")
  func meteor() throws {
    let missing = METEOR(jar: URL(fileURLWithPath: "/nowhere/meteor.jar"))
    let wrong = METEOR(jar: URL(fileURLWithPath: #filePath))
    for (meteor, text) in [(missing, "/nowhere/meteor.jar: cannot be read"), (wrong, "ended")] {
      let error = #expect(throws: CaptionScoresError.self) {
        try CaptionScores(Self.three, meteor: meteor)
      }
      #expect("\(try #require(error))".contains(text))
    }
  }

  private static let three = [
    JudgedCaption(
      key: "1", candidate: "a man riding a horse on a beach",
      references: ["a man rides a horse on the beach", "a person riding a horse near the sea"]),
    JudgedCaption(
      key: "2", candidate: "a dog in the snow",
      references: ["two dogs play in the snow", "dogs playing in snow"]),
    JudgedCaption(key: "3", candidate: "", references: ["a red bus"]),
  ]
}

private func near(_ a: Double, _ b: Double?) -> Bool {
  guard let b else { return false }
  return abs(a - b) <= 1e-12 * max(abs(a), abs(b))
}

extension ScoreValues {
  fileprivate subscript(_ name: String) -> Double? { named.first { $0.name == name }?.value }
}

extension JSONValue {
  fileprivate var double: Double? {
    if case .number(let value) = self { return value }
    return integer.map(Double.init)
  }
}
