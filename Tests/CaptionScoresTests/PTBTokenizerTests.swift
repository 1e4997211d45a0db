import CaptionScores
import Foundation
import JSON
import Testing

@Suite("PTB tokenizer")
struct PTBTokenizerTests {
  @Test("words are those of the reference's tokenizer, for traps and 400 odd captions")
  func words() throws {
    let fixture = try Fixture.json("words.json")
    let captions = try #require(fixture["captions"]?.array).compactMap(\.string)
    let expected = try #require(fixture["words"]?.array).compactMap(\.string)
    let found = PTBTokenizer.tokenize(captions)
    try #require(found.count == expected.count && found.count > 400)
    for (caption, pair) in zip(captions, zip(found, expected)) {
      #expect(Array(pair.0.utf8) == Array(pair.1.utf8), "\(caption.debugDescription)")
    }
  }

  @Test("a caption's last letter keeps its point unless the next caption begins a sentence")
  func acrossCaptions() {
    #expect(PTBTokenizer.tokenize(["letter b.", "A dog"]) == ["letter b", "a dog"])
    #expect(PTBTokenizer.tokenize(["letter b.", "a dog"]) == ["letter b.", "a dog"])
  }

  @Test("what ends a line inside a caption is a space, so that no caption moves")
  func lineEnds() {
    let ends = ["\n", "\r", "\r\n", "\u{B}", "\u{C}", "\u{2028}", "\u{2029}"]
    for end in ends {
      #expect(PTBTokenizer.tokenize(["a\(end)dog", "two"]) == ["a dog", "two"])
    }
  }

  @Test("markup that goes on in the next caption moves no caption")
  func markup() {
    let words = PTBTokenizer.tokenize(["a <b c='d", "e'> f", "g"])
    #expect(words == ["a <b\u{A0}c='d", "e'> f", "g"])
  }

  @Test("there are as many results as captions", arguments: [0, 1, 3])
  func count(number: Int) {
    let captions = [String](repeating: "", count: number)
    #expect(PTBTokenizer.tokenize(captions) == captions)
  }
}

enum Fixture {
  static func json(_ name: String) throws -> JSONValue {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)")
    return try JSONReader.read([UInt8](try Data(contentsOf: file)))
  }
}
