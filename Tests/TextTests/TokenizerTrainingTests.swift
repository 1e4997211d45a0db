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

  @Test("a vocabulary outside the range is refused with the range", arguments: [
    -1, 0, 260, 1_000_001, 99_999_999_999,
  ])
  func outOfRange(vocabulary: Int) {
    let reason = TextError.Reason.vocabularyOutOfRange(asked: vocabulary, 261...1_000_000)
    #expect(throws: TextError("vocabulary", reason)) {
      try TrainedModel.train(TrainedModel.texts, vocabulary: vocabulary)
    }
  }

  @Test("a vocabulary that cannot hold bytes and characters is refused with one that can")
  func tooSmall() throws {
    let texts = TrainedModel.texts
    let error = #expect(throws: TextError.self) { try TrainedModel.train(texts, vocabulary: 265) }
    guard case .vocabularyTooSmall(265, let needed?) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains("Ask for \(needed) or more.") == true)
    #expect(error?.description.contains("--") == false && error?.exitCode == 64)
    #expect(try TrainedModel.train(texts, vocabulary: needed).tokenizer.vocabularySize == needed)
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
