import Foundation
import Tensors
import Testing
import Text

@Suite("CLIP's merges")
struct CLIPMergesTests {
  static func file(_ lines: [String]) -> Data {
    Data((["#version: 0.2"] + lines).joined(separator: "\n").utf8)
  }

  @Test("the file packed, unpacked, with CLIP's own header, with Windows' line ends are the same")
  func forms() throws {
    let merges = try CLIPFixture.merges.get()
    let text = String(decoding: merges, as: UTF8.self)
    let clip = text.replacing("#version", with: "\"bpe_simple_vocab_16e6.txt#version")
    let forms = [
      merges, try CLIPFixture.gzip(merges), Data(clip.utf8), try CLIPFixture.gzip(Data(clip.utf8)),
      Data(text.replacing("\n", with: "\r\n").utf8), merges.dropLast(),
    ]
    for form in forms {
      let tokenizer = try TokenizerFile.tokenizer(form, name: "x")
      #expect(tokenizer.model == merges)
      #expect(tokenizer is CLIPTokenizer)
    }
  }

  @Test("merges beyond CLIP's 48,894 are not read")
  func longFile() throws {
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789".map(String.init)
    let pairs = letters.flatMap { first in letters.map { first + $0 } }
    let doubles = letters.flatMap { first in letters.map { "\(first) \($0)" } }
    let longer = pairs.flatMap { first in pairs.map { "\(first) \($0)" } }
    let merges = try CLIPMerges(Self.file(doubles + longer), name: "x")
    #expect(merges.symbols.count == 512 + CLIPMerges.maximumCount)
    let tokenizer = try CLIPTokenizer(model: Self.file(doubles + longer), name: "x")
    #expect(tokenizer.vocabularySize == 49_408)
    #expect(tokenizer.start == 49_406)
    #expect(try CLIPTokenizer(model: tokenizer.model, name: "x").model == tokenizer.model)
  }

  @Test(
    "a line that is no merge is named",
    arguments: [
      (["a b", "ab"], 3, "is not two symbols with one space between"),
      (["a b c"], 2, "is not two symbols with one space between"),
      (["a  b"], 2, "is not two symbols with one space between"),
      ([" a"], 2, "is not two symbols with one space between"),
      (["a b", "", "ab c"], 3, "is not two symbols with one space between"),
      (["ab c"], 2, "has \"ab\", which is neither a byte nor a merge above"),
      (["a 猫"], 2, "has \"猫\", which is neither a byte nor a merge above"),
      (["a b", "ab c", "b c", "a bc"], 5, "makes \"abc\", which exists already"),
      (["a b", "a b"], 3, "makes \"ab\", which exists already"),
      ([], 2, "is missing"),
      ([""], 2, "is missing"),
    ])
  func badLine(lines: [String], line: Int, why: String) {
    #expect(throws: TextError("x.txt", .badMerges(line: line, why))) {
      try TokenizerFile.tokenizer(Self.file(lines), name: "x.txt")
    }
  }

  @Test("an error is one line, whatever the bytes of the file")
  func oneLine() {
    let line = Data("#version: 1\na \u{1B}[31m\u{2028}\u{85}".utf8) + Data([0xFF, 0x0B, 0x0A])
    #expect {
      try TokenizerFile.tokenizer(line, name: "x")
    } throws: { error in
      "\(error)".hasPrefix("x: line 2 of CLIP's merges ")
        && !"\(error)".unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
  }

  @Test("a gzip file cut anywhere or with any bit flipped is refused or the same")
  func damagedGzip() throws {
    let merges = try CLIPFixture.merges.get()
    let whole = try CLIPFixture.gzip(merges)
    for count in 2..<whole.count {
      #expect(throws: TextError.self) {
        try TokenizerFile.tokenizer(whole.prefix(count), name: "x")
      }
    }
    for position in 2..<whole.count {
      var bytes = whole
      bytes[bytes.startIndex + position] ^= 1 << UInt8(position % 8)
      if let tokenizer = try? TokenizerFile.tokenizer(bytes, name: "x") {
        #expect(tokenizer.model == merges)
      }
    }
  }

  @Test("a gzip file that grows beyond the limit is refused")
  func bomb() throws {
    let zeros = try CLIPFixture.gzip(Data(count: CLIPMerges.maximumBytes + 1))
    #expect(zeros.count < 100_000)
    #expect {
      try TokenizerFile.tokenizer(zeros, name: "x")
    } throws: { error in
      guard case .tooLarge = (error as? TextError)?.reason else { return false }
      return true
    }
  }

  @Test("a file of neither kind is refused with both named")
  func neither() {
    for bytes in [
      Data(), Data("{}".utf8), Data("a b\nab c\n".utf8), Data(repeating: 7, count: 999),
    ] {
      #expect {
        try TokenizerFile.tokenizer(bytes, name: "x")
      } throws: { error in
        "\(error)".contains("SentencePiece") && "\(error)".contains("bpe_simple_vocab_16e6.txt.gz")
      }
    }
  }

  @Test("a SentencePiece model is opened as one")
  func sentencePiece() throws {
    let model = try TrainedModel.tokenizer().model
    let tokenizer = try TokenizerFile.tokenizer(model, name: "x")
    #expect(tokenizer is SentencePieceTokenizer)
    #expect(TokenizerFile.names == [tokenizer.fileName, try CLIPFixture.tokenizer().fileName])
  }

  @Test("merging with a heap is merging the earliest pair everywhere, round by round")
  func rounds() throws {
    let merges = try Self.randomMerges()
    let random = CounterRandom(seed: 4, "words")
    for word in 0..<400 {
      let letters = (0..<(1 + word % 40)).map {
        Int32(random.below(3, at: UInt64(word * 64 + $0))) + 64
      }
      #expect(merges.merge(letters) == Self.plain(letters, merges.merged), "\(letters)")
    }
  }

  /// Merges of the letters a, b and c, each pair drawn from the symbols so far.
  private static func randomMerges() throws -> CLIPMerges {
    let random = CounterRandom(seed: 3, "merges")
    var symbols = ["a", "b", "c"]
    var lines: [String] = []
    for draw in 0..<400 where lines.count < 60 {
      let first = symbols[random.below(symbols.count, at: UInt64(2 * draw))]
      let second = symbols[random.below(symbols.count, at: UInt64(2 * draw + 1))]
      if symbols.contains(first + second) || first.count + second.count > 9 { continue }
      symbols.append(first + second)
      lines.append("\(first) \(second)")
    }
    return try CLIPMerges(file(lines), name: "x")
  }

  private static func plain(_ word: [Int32], _ merged: [CLIPMerges.Pair: Int32]) -> [Int32] {
    var word = word
    while let earliest = zip(word, word.dropFirst()).compactMap({ merged[.init($0, $1)] }).min() {
      var next: [Int32] = []
      var place = 0
      while place < word.count {
        let isPair =
          place + 1 < word.count
          && merged[.init(word[place], word[place + 1])] == earliest
        next.append(isPair ? earliest : word[place])
        place += isPair ? 2 : 1
      }
      word = next
    }
    return word
  }
}
