import Records

/// Finds texts by pictures and pictures by texts.
public struct RetrievalTask: EvaluationTask {
  public static let name = "retrieval"
  public static let meaning =
    "Finds texts by pictures and pictures by texts: recall at 1, 5 and 10."
  public static let discussion = """
    All texts of a picture are right answers for it. Where several pictures have the same text, or \
    the model cannot tell answers apart, the right answer counts as the last of them. The table \
    then has the share of such queries, and the recall if equal answers came in any order.

    EXAMPLE
      coca-eval retrieval runs/demo --records data/flickr --captions 5
    """
  public static let recordNeed: String? = "captions"
  public static let modelNeeds: Set<ModelPart> = [.embeddings]
  public static let options = [captions]

  private static let captions = TaskOption(
    "captions", .number(1...Int.max), help: "Texts taken of a picture, first ones (default: all).")

  private let captions: Int?

  public init(_ values: TaskValues) { captions = values.number(Self.captions) }

  public func run(
    _ evaluator: Evaluator, records: [RecordSet], limit: Int?
  ) throws -> RetrievalScores {
    try evaluator.retrieval(records: records, captions: captions, limit: limit)
  }
}

extension RetrievalScores: TaskResult {
  public var figures: [Figure] {
    imageToText.figures("image_to_text") + textToImage.figures("text_to_image")
  }

  public var summary: String {
    "R@1 image to text \(imageToText.summary), text to image \(textToImage.summary)"
  }

  public var text: String {
    let hasTies = imageToText.tied > 0 || textToImage.tied > 0
    let shared = [imageToText, textToImage].map { hasTies ? [("  ties shared", $0.shared)] : [] }
    return TextTable(
      [
        ("pictures", ["\(images)"]), ("texts", ["\(texts)"]),
        ("", ["R@1", "R@5", "R@10"] + (hasTies ? ["tied"] : [])),
        ("picture to text", imageToText.cells(withTies: hasTies)),
      ] + shared[0] + [("text to picture", textToImage.cells(withTies: hasTies))] + shared[1]
    ).text
  }
}

extension Recall {
  fileprivate func cells(withTies: Bool) -> [String] {
    ([r1, r5, r10] + (withTies ? [tied] : [])).map(\.percent)
  }

  fileprivate var shared: [String] { [r1Shared, r5Shared, r10Shared].map(\.percent) }

  fileprivate var summary: String {
    r1.percent + (tied > 0 ? " (\(tied.percent) tied; \(r1Shared.percent) if shared)" : "")
  }

  fileprivate func figures(_ way: String) -> [Figure] {
    [("r1", r1), ("r5", r5), ("r10", r10)].map {
      Figure("\(way)/\($0.0)", $0.1, unit: "fraction")
    }
  }
}
