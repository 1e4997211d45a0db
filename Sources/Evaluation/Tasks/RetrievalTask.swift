import Records

/// Finds texts by pictures and pictures by texts.
public struct RetrievalTask: EvaluationTask {
  public static let name = "retrieval"
  public static let meaning =
    "Finds texts by pictures and pictures by texts: recall at 1, 5 and 10."
  public static let discussion = """
    All texts of a picture are right answers for it. Where several pictures have the same text, or \
    the model cannot tell answers apart, the right answer counts as the last of them.

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
    "R@1 image to text \(imageToText.r1.percent), text to image \(textToImage.r1.percent)"
  }

  public var text: String {
    TextTable([
      ("pictures", ["\(images)"]),
      ("texts", ["\(texts)"]),
      ("", ["R@1", "R@5", "R@10"]),
      ("picture to text", imageToText.cells),
      ("text to picture", textToImage.cells),
    ]).text
  }
}

extension Recall {
  fileprivate var cells: [String] { [r1, r5, r10].map(\.percent) }

  fileprivate func figures(_ way: String) -> [Figure] {
    [("r1", r1), ("r5", r5), ("r10", r10)].map {
      Figure("\(way)/\($0.0)", $0.1, unit: "fraction")
    }
  }
}
