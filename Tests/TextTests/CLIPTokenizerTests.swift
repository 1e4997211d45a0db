import Foundation
import Testing
import Text

@Suite("CLIP's tokenizer")
struct CLIPTokenizerTests {
  @Test("gives open_clip's ids, and its text for them", arguments: CLIPFixture.groups)
  func openCLIP(group: String) throws {
    let tokenizer = try CLIPFixture.tokenizer()
    for known in try CLIPFixture.cases.get() where known.group == group {
      let scalars = known.text.unicodeScalars.map { String($0.value, radix: 16) }
      #expect(try tokenizer.encode(known.text) == known.ids, "\(known.text) \(scalars)")
      #expect(tokenizer.decode(known.ids) == known.decoded)
    }
  }

  @Test("the fixture has every group of hard texts")
  func fixture() throws {
    #expect(CLIPFixture.groups.count == 21)
    #expect(try CLIPFixture.cases.get().count > 400)
  }

  @Test("ids: 512 bytes, the merges, start, end; padding is 0")
  func specials() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    let merges = try CLIPFixture.merges.get().split(separator: UInt8(ascii: "\n")).count - 1
    #expect(tokenizer.start == Int32(512 + merges))
    #expect(tokenizer.end == tokenizer.start + 1)
    #expect(tokenizer.vocabularySize == 514 + merges)
    #expect(tokenizer.pad == 0)
    #expect(tokenizer.fileName == "merges.txt")
  }

  @Test("a caption is start, ids, end, cut to every context with the end kept")
  func captions() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    let text = "a cat on a mat!"
    let ids = try tokenizer.encode(text)
    for context in 2..<ids.count + 4 {
      let caption = try tokenizer.caption(text, context: context)
      #expect(caption == [tokenizer.start] + ids.prefix(context - 2) + [tokenizer.end])
    }
  }

  @Test("every byte has an id that decodes to it, inside a word and at its end")
  func bytes() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    for scalar in (UInt32(0x21)...0x7E).compactMap(Unicode.Scalar.init) {
      let id = Int32(scalar.value - 0x21)
      #expect(tokenizer.decode([id, id + 256, id]) == "\(scalar)\(scalar) \(scalar)")
    }
    // A byte alone is a character where it is ASCII; a space goes.
    let alone = (0..<Int32(256)).map { tokenizer.decode([$0]) }
    #expect(Set(alone).count == 128 + 1 && alone.contains("") && alone.contains("\u{FFFD}"))
  }

  @Test("decoding leaves out marks and ids outside the vocabulary")
  func decodingIgnores() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    let ids = try tokenizer.encode("the cat")
    let outside = Int32(tokenizer.vocabularySize)
    let noisy = [tokenizer.start, -1, .min] + ids + [outside, .max, tokenizer.end]
    #expect(tokenizer.decode(noisy) == "the cat")
    #expect(tokenizer.decode([]) == "")
  }

  @Test("a text above the limit is refused, one at the limit is not")
  func tooLong() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    let limit = CLIPTokenizer.maximumTextBytes
    #expect(try tokenizer.encode(String(repeating: "a", count: limit)).isEmpty == false)
    #expect(throws: TextError("text", .textTooLong(bytes: limit + 1, limit: limit))) {
      try tokenizer.encode(String(repeating: "a", count: limit + 1))
    }
  }

  @Test(
    "texts made to take long end",
    arguments: [
      "&amp;amp;", "&amp", "Ã", "Ã©", "â€™ Ã", "\u{301}\u{327}", "\u{1B}[1", "Σ'", "&",
      "\u{1100}\u{1161}",
    ])
  func hostile(part: String) throws {
    let tokenizer = try CLIPFixture.tokenizer()
    let count = 20_000 / part.utf8.count
    let ids = try tokenizer.encode(String(repeating: part, count: count))
    #expect(ids.allSatisfy { (0..<Int32(tokenizer.vocabularySize)).contains($0) })
  }

  @Test("any scalars give ids of the vocabulary")
  func anyScalars() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    for start in stride(from: UInt32(0), to: 0x11_0000, by: 997) {
      let scalars = (start..<start + 6).compactMap(Unicode.Scalar.init)
      let text = String(String.UnicodeScalarView(scalars))
      let ids = try tokenizer.encode(text + " é" + text)
      #expect(ids.allSatisfy { (0..<Int32(tokenizer.vocabularySize)).contains($0) })
    }
  }

  @Test("threads encode the same as one")
  func threads() throws {
    let tokenizer = try CLIPFixture.tokenizer()
    let cases = try CLIPFixture.cases.get()
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for known in cases { #expect((try? tokenizer.encode(known.text)) == known.ids) }
    }
  }
}
