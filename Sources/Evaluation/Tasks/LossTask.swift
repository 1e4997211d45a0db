import CoCaModel
import Foundation
import Records

/// The training losses of pairs that the model was not trained on.
public struct LossTask: EvaluationTask {
  public static let name = "loss"
  public static let meaning = "Computes the training losses of held-out pairs."
  public static let discussion = """
    Every loss that the model has the heads for, unweighted: nats per pair and nats \
    per predicted token. All ranks together take 64 pairs at a time, since the \
    contrastive loss depends on that number. An incomplete batch at the end is not \
    used, unless it is the only one.

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
    LossTerms.all.compactMap { term in
      self[term.name].map { Figure(term.name, $0, unit: term.unit) }
    }
  }

  public var summary: String {
    figures.map { "\($0.name) \(Self.rounded($0.value))" }.joined(separator: ", ")
  }

  public var text: String {
    let counts = [("pairs", ["\(pairs)"]), ("pairs per batch", ["\(batch)"])]
    return TextTable(counts + figures.map { ($0.name, [Self.rounded($0.value)]) }).text
  }

  private static func rounded(_ loss: Double) -> String { String(format: "%.4f", loss) }
}
