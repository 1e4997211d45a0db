import Collectives
import Evaluation
import Foundation
import Testing

@Suite("Results of tasks")
struct TaskResultTests {
  @Test("zero-shot: a table with chance, and one line")
  func zeroShot() {
    let scores = ZeroShotScores(
      images: 40, classes: 4, top1: 0.03361, top5: 0.5, meanPerClass: 0.75)
    #expect(scores.summary == "top-1 3.36%, top-5 50.00%")
    #expect(scores.text == """
      pictures              40
      classes                4
                                  chance
      top-1              3.36%    25.00%
      top-5             50.00%   100.00%
      mean per class    75.00%    25.00%

      """)
  }

  @Test("retrieval: a table of both ways, and one line")
  func retrieval() throws {
    let recall = try Recall(
      places: [0, 4, 9, 10].map { Ranking.Place(before: $0) }, over: SoloCommunicator())
    let none = try Recall(
      places: [Ranking.Place(before: 10)], over: SoloCommunicator())
    let scores = RetrievalScores(images: 1, texts: 4, imageToText: none, textToImage: recall)
    #expect(scores.summary == "R@1 image to text 0.00%, text to image 25.00%")
    #expect(scores.text == """
      pictures                1
      texts                   4
                            R@1       R@5      R@10
      picture to text     0.00%     0.00%     0.00%
      text to picture    25.00%    50.00%    75.00%

      """)
  }

  @Test("retrieval: ties are told beside the figures, with what they are worth")
  func ties() throws {
    let recall = try Recall(
      places: [Ranking.Place(tied: 3), Ranking.Place(tied: 9)], over: SoloCommunicator())
    let scores = RetrievalScores(images: 2, texts: 2, imageToText: recall, textToImage: recall)
    #expect(scores.summary.hasPrefix("R@1 image to text 0.00% (100.00% tied; 17.50% if shared), "))
    #expect(scores.text == """
      pictures                2
      texts                   2
                            R@1       R@5      R@10      tied
      picture to text     0.00%    50.00%   100.00%   100.00%
        ties shared      17.50%    75.00%   100.00%
      text to picture     0.00%    50.00%   100.00%   100.00%
        ties shared      17.50%    75.00%   100.00%

      """)
  }

  @Test("captions: a line each, as text, as JSON, and in the log a list")
  func captions() throws {
    let lines = ["a", "b"].map {
      CaptionLine(key: $0, caption: "\($0) bird", tokens: [2, 3], references: [])
    }
    let captions = Captions(lines: lines)
    #expect(captions.summary == "2 captions, first: a bird")
    #expect(captions.text == "a\ta bird\nb\tb bird\n")
    #expect(captions.objects as? [CaptionLine] == lines)
    let data = try JSONEncoder().encode(captions)
    #expect(try JSONDecoder().decode([CaptionLine].self, from: data) == lines)
    #expect(CaptionTask.givesCaptions && !LossTask.givesCaptions)
  }

  @Test("captions: line breaks and control characters in keys and captions obey nobody as text")
  func hostileCaptions() {
    let hostile = "a\u{1B}[2J\nb\u{9B}1mc\u{2028}d\te"
    let captions = Captions(lines: [
      CaptionLine(key: hostile, caption: hostile, tokens: [2], references: [])
    ])
    #expect(captions.text == "a [2J b 1mc d e\ta [2J b 1mc d e\n")
    #expect(captions.summary == "1 captions, first: a [2J b 1mc d e")
  }

  @Test("captions: COCO's results have the number at the end of a key, each once", arguments: [
    (["val/COCO_val2014_000000391895", "7.5/12.jpg"], [391895, 12]), (["a1/b", "2"], nil),
    (["a/1", "b/01.png"], nil), (["99999999999999999999"], nil), ([""], nil),
  ] as [([String], [Int]?)])
  func coco(keys: [String], ids: [Int]?) throws {
    let captions = Captions(lines: keys.map {
      CaptionLine(key: $0, caption: "c", tokens: [2], references: [])
    })
    guard let ids else {
      let error = #expect(throws: EvaluationError.self) { try captions.cocoResults }
      #expect(error?.exitCode == ExitCode.usage)
      return
    }
    let found = try captions.cocoResults.map {
      try JSONDecoder().decode(COCOResult.self, from: JSONEncoder().encode($0))
    }
    #expect(found == ids.map { COCOResult(image_id: $0, caption: "c") })
  }
}

private struct COCOResult: Decodable, Equatable {
  let image_id: Int
  let caption: String
}
