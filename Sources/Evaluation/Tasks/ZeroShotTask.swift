import Foundation
import Records
import Text

/// Classifies pictures by the names of classes.
public struct ZeroShotTask: PictureTask {
  public static let name = "zero-shot"
  public static let meaning =
    "Classifies pictures by the names of classes: top-1, top-5, mean per class."
  public static let discussion = """
    Line n of NAMES.txt, counted from 0, names class n of KEY.cls; a|b are synonyms. Every name is \
    put into every prompt, and a class is the mean of its texts. Pictures without a class are left \
    out.

    Of --images, which have no true class, it prints a line each: the file, a tab, and the five \
    nearest classes with their probabilities.

    EXAMPLES
      coca-eval zero-shot runs/demo --records data/birds \\
        --classes data/birds/classes.txt
      coca-eval zero-shot runs/demo --images pictures --classes names.txt
    """
  public static let recordNeed: String? = "KEY.cls"
  public static let modelNeeds: Set<ModelPart> = [.embeddings, .tokenizer]
  public static let options = [classes, prompts]

  private static let classes = TaskOption(
    "classes", .file(or: []), help: "One class a line, synonyms separated by |.", isRequired: true,
    isKey: true)
  private static let prompts = TaskOption(
    "prompts", .file(or: ["default", "none"]),
    help: "default, none (the name alone) or a file with one prompt a line; {} is the name.",
    standard: "default", isKey: true)

  private let classes: ClassNames
  private let prompts: Prompts

  public init(_ values: TaskValues) throws {
    classes = try ClassNames(file: URL(fileURLWithPath: values.text(Self.classes)))
    prompts =
      switch values.text(Self.prompts) {
      case "default": .default
      case "none": .none
      case let file: try Prompts(file: URL(fileURLWithPath: file))
      }
  }

  public func run(
    _ evaluator: Evaluator, records: [RecordSet], limit: Int?
  ) throws -> ZeroShotScores {
    try evaluator.zeroShot(records: records, classes: classes, prompts: prompts, limit: limit)
  }

  public func run(_ evaluator: Evaluator, pictures files: [String]) throws -> PictureAnswers {
    PictureAnswers(lines: try evaluator.classes(of: files, among: classes, prompts: prompts))
  }
}

extension ZeroShotScores: TaskResult {
  public var figures: [Figure] {
    [("top1", top1), ("top5", top5), ("mean_per_class", meanPerClass)].map {
      Figure($0.0, $0.1, unit: "fraction")
    }
  }

  public var summary: String { "top-1 \(top1.percent), top-5 \(top5.percent)" }

  public var text: String {
    let chance = 1 / Double(classes)
    return TextTable([
      ("pictures", ["\(images)"]),
      ("classes", ["\(classes)"]),
      ("", ["", "chance"]),
      ("top-1", [top1, chance].map(\.percent)),
      ("top-5", [top5, min(1, 5 * chance)].map(\.percent)),
      ("mean per class", [meanPerClass, chance].map(\.percent)),
    ]).text
  }
}
