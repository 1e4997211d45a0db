import Foundation
import Testing
import Text

@Suite("SentencePiece tokenizer")
struct SentencePieceTokenizerTests {
  @Test("training gives pad 0, unknown 1, start 2, end 3 and the size asked for")
  func specials() throws {
    let tokenizer = try TrainedModel.tokenizer()
    #expect(tokenizer.pad == 0)
    #expect(tokenizer.unknown == 1)
    #expect(tokenizer.start == 2)
    #expect(tokenizer.end == 3)
    #expect(tokenizer.vocabularySize == 330)
  }

  @Test("what is encoded decodes to itself, also in scripts never seen", arguments: [
    "a grey cat on the beach", "Ein Käfer", "猫と犬", "👩‍🚀 rocket", "1 < 2 & \"x\"", "",
    "<s> </s> <pad> <unk>",
  ])
  func roundTrip(text: String) throws {
    let tokenizer = try TrainedModel.tokenizer()
    let ids = try tokenizer.encode(text)
    #expect(tokenizer.decode(ids) == text)
    #expect(ids.allSatisfy { $0 >= 4 && $0 < 330 })
  }

  @Test("known words take fewer pieces than letters")
  func fewerPieces() throws {
    let text = "a wooden boat under the bridge"
    let count = try TrainedModel.tokenizer().encode(text).count
    #expect(count < text.count - 5)
  }

  @Test("a caption is cut to every context and keeps start and end")
  func captions() throws {
    let tokenizer = try TrainedModel.tokenizer()
    let pieces = try tokenizer.encode(TrainedModel.texts[0])
    for context in 2..<pieces.count + 4 {
      let ids = try tokenizer.caption(TrainedModel.texts[0], context: context)
      #expect(ids == [2] + pieces.prefix(context - 2) + [3])
      #expect(ids.count <= context)
    }
  }

  @Test("decoding leaves out marks and ids outside the vocabulary")
  func decodingIgnores() throws {
    let tokenizer = try TrainedModel.tokenizer()
    let ids = try tokenizer.encode("red balloon")
    let noisy = [2, -1, .min] + ids + [330, .max, 3, 0]
    #expect(tokenizer.decode(noisy) == "red balloon")
  }

  @Test("a text above the limit is refused")
  func tooLong() throws {
    let limit = SentencePieceTokenizer.maximumTextBytes
    let text = String(repeating: "x", count: limit + 1)
    #expect(throws: TextError("text", .textTooLong(bytes: limit + 1, limit: limit))) {
      try TrainedModel.tokenizer().encode(text)
    }
  }

  @Test("threads encode the same as one")
  func threads() throws {
    let tokenizer = try TrainedModel.tokenizer()
    let expected = try TrainedModel.texts.map { try tokenizer.encode($0) }
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for (text, ids) in zip(TrainedModel.texts, expected) {
        #expect((try? tokenizer.encode(text)) == ids)
      }
    }
  }

  @Test("the model's bytes load again as the same tokenizer")
  func reload() throws {
    let first = try TrainedModel.tokenizer()
    let again = try SentencePieceTokenizer(model: first.model, name: "again")
    #expect(again.vocabularySize == first.vocabularySize)
    let text = TrainedModel.texts[7]
    #expect(try again.encode(text) == first.encode(text))
  }

  @Test("what is no model is refused with its name and a remedy", arguments: [
    Data(), Data("{\"version\": 1}".utf8), Data(repeating: 0xFF, count: 4096), Data(count: 100),
  ])
  func notAModel(bytes: Data) {
    #expect {
      try SentencePieceTokenizer(model: bytes, name: "x.model")
    } throws: { error in
      guard let error = error as? TextError, case .notATokenizer = error.reason
      else { return false }
      return error.description.hasPrefix("x.model: neither a SentencePiece model")
        && !error.description.contains("\n")
    }
  }

  @Test("a missing file is an error with its path")
  func missingFile() {
    let file = URL(fileURLWithPath: "/nonexistent/tokenizer.model")
    #expect {
      try SentencePieceTokenizer(file: file)
    } throws: { error in
      guard let error = error as? TextError, case .unreadable = error.reason else { return false }
      return error.place == file.path
    }
  }
}
