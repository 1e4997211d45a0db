import Collectives
import Evaluation
import Foundation
import Tensors
import TestSupport
import Testing

private func recall(
  _ places: [Int], over ranks: any Communicator = SoloCommunicator()
) throws -> Recall {
  try Recall(places: places.map { Ranking.Place(before: $0) }, over: ranks)
}

@Suite("Scores")
struct ScoresTests {
  private let alone = SoloCommunicator()

  @Test("zero-shot: top-1, top-5, and the mean over classes that have pictures")
  func zeroShot() throws {
    let scores = try ZeroShotScores(
      truths: [0, 0, 0, 2, 6], places: [0, 0, 4, 5, 0], classes: 9, over: alone)
    #expect(scores.images == 5 && scores.classes == 9)
    #expect(scores.top1 == 3.0 / 5 && scores.top5 == 4.0 / 5)
    let fractions: [Double] = [2.0 / 3, 0, 1]
    #expect(scores.meanPerClass == fractions.reduce(0, +) / 3)
  }

  @Test("any share of the pictures gives the same scores", arguments: 1...4)
  func shares(size: Int) throws {
    let truths = [0, 3, 3, 1, 2, 0, 3], places = [0, 1, 7, 0, 4, 5, 0]
    let expected = try ZeroShotScores(truths: truths, places: places, classes: 5, over: alone)
    let recalled = try recall(places)
    let found = try ThreadRanks.run(size) { ranks in
      let mine = truths.indices.filter { $0 % ranks.size == ranks.rank }
      return (
        try ZeroShotScores(
          truths: mine.map { truths[$0] }, places: mine.map { places[$0] }, classes: 5,
          over: ranks),
        try recall(mine.map { places[$0] }, over: ranks)
      )
    }
    #expect(found.count == size)
    #expect(found.allSatisfy { $0.0 == expected && $0.1 == recalled })
  }

  @Test("retrieval: any of a picture's texts is a hit, alone and shared", arguments: 1...3)
  func retrieval(size: Int) throws {
    // Picture 0 has texts 0 and 1, picture 1 text 2, picture 2 texts 3 and 4.
    let expected = RetrievalScores(
      images: 3, texts: 5,
      // Picture 1 is as far from its text as from three others.
      imageToText: try Recall(
        places: [Ranking.Place(), Ranking.Place(before: 1, tied: 3), Ranking.Place()], over: alone),
      textToImage: try recall([0, 2, 2, 0, 1]))
    let found = try ThreadRanks.run(size) { ranks in
      let images = Tensor([1, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
      let texts = Tensor(
        [1, 0, 0, 0, 0.6, 0.8, 0.8, 0, 0.6, 0, 0, 1, 0.8, 0, 0.6], shape: [5, 3])
      return try RetrievalScores(
        SetEmbeddings(
          keys: ["a", "b", "c"], images: images, texts: texts, textImage: [0, 0, 1, 2, 2]),
        over: ranks)
    }
    #expect(found == Array(repeating: expected, count: size))
  }

  @Test("ties count as misses, are told, and are worth their chance where they are shared")
  func ties() throws {
    let places = [
      Ranking.Place(tied: 3), Ranking.Place(before: 4, tied: 1), Ranking.Place(),
      Ranking.Place(before: 9, tied: 99),
    ]
    let found = try Recall(places: places, over: alone)
    #expect(found.tied == 0.75)
    #expect([found.r1, found.r5, found.r10] == [0.25, 0.5, 0.75])
    #expect([found.r1Shared, found.r5Shared, found.r10Shared] == [0.3125, 0.625, 0.7525])
  }

  @Test("JSON has the contract's keys and fractions")
  func json() throws {
    func keys(_ value: some Encodable) throws -> [String: Any] {
      let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value))
      return try #require(object as? [String: Any])
    }
    let zeroShot = try keys(
      ZeroShotScores(images: 4, classes: 9, top1: 0.25, top5: 0.5, meanPerClass: 0.75))
    #expect(Set(zeroShot.keys) == ["images", "classes", "top1", "top5", "mean_per_class"])
    #expect(zeroShot["mean_per_class"] as? Double == 0.75)
    let found = try recall([0, 4, 9, 10])
    let retrieval = try keys(
      RetrievalScores(images: 1, texts: 4, imageToText: found, textToImage: found))
    #expect(Set(retrieval.keys) == ["images", "texts", "image_to_text", "text_to_image"])
    #expect(
      retrieval["text_to_image"] as? [String: Double] == [
        "r1": 0.25, "r5": 0.5, "r10": 0.75, "tied": 0,
        "r1_shared": 0.25, "r5_shared": 0.5, "r10_shared": 0.75,
      ])
    let line = try keys(CaptionLine(key: "a/1", caption: "b", tokens: [2, 3], references: ["c"]))
    #expect(
      Set(line.keys) == [
        "key", "caption", "tokens", "references", "sample", "score", "logprob",
      ])
  }
}
