import ArgumentParser
import Collectives
import Evaluation

struct Retrieval: EvaluationCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds texts by pictures and pictures by texts: recall at 1, 5 and 10.",
    discussion: """
      All texts of a picture are right answers for it. Where several pictures share a text, or the
      model finds no difference, the right answer counts as the last of them.

      EXAMPLE
        coca-eval retrieval runs/demo --records data/flickr --captions 5
      """)

  @OptionGroup var shared: SharedOptions

  @Option(help: "A folder of records with captions.", completion: .directory)
  var records: String

  @Option(help: "Texts of a picture, from the first (default: all).")
  var captions: Int?

  @Flag(help: "Print one JSON object of fractions.")
  var json = false

  func validate() throws { try check(captions, "--captions", 1...Int.max) }

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let scores = try evaluator.retrieval(
      records: try openRecords(records, over: ranks), captions: captions, limit: shared.limit)
    return json ? try Output.json(scores) : table(scores)
  }

  private func table(_ scores: RetrievalScores) -> String {
    func row(_ recall: Recall) -> [String] {
      [recall.r1, recall.r5, recall.r10].map(Output.percent)
    }
    return Output.table([
      ("pictures", ["\(scores.images)"]),
      ("texts", ["\(scores.texts)"]),
      ("", ["R@1", "R@5", "R@10"]),
      ("picture to text", row(scores.imageToText)),
      ("text to picture", row(scores.textToImage)),
    ])
  }
}
