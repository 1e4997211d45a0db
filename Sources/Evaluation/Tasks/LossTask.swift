import Foundation
import Records

/// Both training losses of pairs that were not trained on.
public struct LossTask: EvaluationTask {
  public static let name = "loss"
  public static let meaning = "Computes both training losses of held-out pairs."
  public static let discussion = """
    Unweighted: nats per pair and nats per predicted token. All ranks together
    take 64 pairs at a time, since the contrastive loss depends on that number.
    Pairs left at the end are not used, unless they are all there are.

    EXAMPLE
      coca-eval loss runs/demo --records data/flickr
    """
  public static let recordNeed: String? = "captions"
  public static let modelNeeds: Set<ModelPart> = [.tokenizer]
  public static let options: [TaskOption] = []

  public init(_ values: TaskValues) {}

  public func run(
    _ evaluator: Evaluator, records: [RecordSet], limit: Int?
  ) throws -> HeldOutLosses {
    try evaluator.losses(records: records, limit: limit)
  }
}

extension HeldOutLosses: TaskResult {
  public var figures: [Figure] {
    [
      Figure("contrastive", contrastive, unit: "nats"), Figure("caption", caption, unit: "nats"),
    ]
  }

  public var summary: String {
    "contrastive \(Self.rounded(contrastive)), caption \(Self.rounded(caption))"
  }

  public var text: String {
    TextTable([
      ("pairs", ["\(pairs)"]),
      ("pairs of a batch", ["\(batch)"]),
      ("contrastive", [Self.rounded(contrastive)]),
      ("caption", [Self.rounded(caption)]),
    ]).text
  }

  private static func rounded(_ loss: Double) -> String { String(format: "%.4f", loss) }
}
