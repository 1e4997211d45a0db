import Foundation
import Testing
import Text

@Suite("Tokenizer training")
struct TokenizerTrainingTests {
  @Test("texts too few for the vocabulary give a smaller one", arguments: [
    ["a"], ["a", "a", "a"], ["猫"], ["one two three four five six seven eight nine ten"],
    [String(repeating: "long ", count: 2000)], ["tab\tin\u{0}side\nlines"],
  ])
  func smaller(texts: [String]) throws {
    let result = try TrainedModel.train(texts, vocabulary: 64_000)
    #expect(result.tokenizer.vocabularySize >= 260)
    #expect(result.tokenizer.vocabularySize < 64_000)
    #expect(result.texts == texts.count)
    let ids = try result.tokenizer.encode("a 猫")
    #expect(result.tokenizer.decode(ids) == "a 猫")
  }

  @Test("the same texts give the same bytes")
  func deterministic() throws {
    let again = try TrainedModel.train(TrainedModel.texts, vocabulary: 330)
    #expect(try again.tokenizer.model == TrainedModel.tokenizer().model)
  }

  @Test("a vocabulary that cannot hold bytes and characters is refused", arguments: [
    -1, 0, 260, 265,
  ])
  func tooSmall(vocabulary: Int) {
    #expect {
      try TrainedModel.train(TrainedModel.texts, vocabulary: vocabulary)
    } throws: { error in
      guard case .vocabularyTooSmall(vocabulary, _) = (error as? TextError)?.reason else {
        return false
      }
      return true
    }
  }

  @Test("no texts, or empty ones, are an error", arguments: [[], ["", "  \n"]])
  func noTexts(texts: [String]) {
    #expect(throws: TextError("tokenizer", .noTexts)) {
      try TrainedModel.train(texts, vocabulary: 1000)
    }
  }

  @Test("an error while reading texts comes through as it is")
  func readerError() {
    struct Broken: Error, Equatable {}
    var left = 3
    #expect(throws: Broken()) {
      try TokenizerTraining(vocabulary: 300).train {
        left -= 1
        if left == 0 { throw Broken() }
        return "some text"
      }
    }
  }
}
