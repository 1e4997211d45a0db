import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Text

struct ZeroShot: EvaluationCommand {
  static let configuration = CommandConfiguration(
    abstract: "Names pictures by their classes' names: top-1, top-5, mean per class.",
    discussion: """
      Line n of NAMES.txt, from 0, names class n of KEY.cls; a|b are synonyms. Every name is put
      into every prompt, and a class is the mean of its texts. Pictures without a class are left
      out.

      EXAMPLE
        coca-eval zero-shot runs/demo --records data/birds --classes data/birds/classes.txt
      """)

  @OptionGroup var shared: SharedOptions

  @Option(help: "A folder of records with KEY.cls.", completion: .directory)
  var records: String

  @Option(help: "One class a line, synonyms divided by |.", completion: .file())
  var classes: String

  @Option(help: "default, none (the name alone) or a file with one prompt a line, {} for the name.")
  var prompts = "default"

  @Flag(help: "Print one JSON object of fractions.")
  var json = false

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let (classes, prompts) = try together(ranks) {
      (try ClassNames(file: URL(fileURLWithPath: self.classes)), try chosenPrompts())
    }
    let scores = try evaluator.zeroShot(
      records: try openRecords(records, over: ranks), classes: classes, prompts: prompts,
      limit: shared.limit)
    return json ? try Output.json(scores) : table(scores)
  }

  private func chosenPrompts() throws -> Prompts {
    switch prompts {
    case "default": .default
    case "none": .none
    default: try Prompts(file: URL(fileURLWithPath: prompts))
    }
  }

  private func table(_ scores: ZeroShotScores) -> String {
    let chance = 1 / Double(scores.classes)
    return Output.table([
      ("pictures", ["\(scores.images)"]),
      ("classes", ["\(scores.classes)"]),
      ("", ["", "chance"]),
      ("top-1", [scores.top1, chance].map(Output.percent)),
      ("top-5", [scores.top5, min(1, 5 * chance)].map(Output.percent)),
      ("mean per class", [scores.meanPerClass, chance].map(Output.percent)),
    ])
  }
}
