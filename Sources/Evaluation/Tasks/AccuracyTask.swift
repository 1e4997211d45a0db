import CoCaModel
import Records

/// Classifies pictures with the classes that the model was trained on.
public struct AccuracyTask: EvaluationTask {
  public static let name = "accuracy"
  public static let meaning =
    "Classifies pictures with the model's own classes: top-1, top-5, mean per class."
  public static let discussion = """
    For models that were trained with objective: classification. The true class is read as in \
    training, from KEY.cls or from the labels. Where a picture has several, the one that the model \
    finds likeliest counts. Pictures without a class are left out.

    EXAMPLE
      coca-eval accuracy runs/birds --records data/birds-test
    """
  public static let recordNeed: String? = "KEY.cls or labels"
  public static let modelNeeds: Set<ModelPart> = [.head(.classification)]
  public static let options: [TaskOption] = []

  public init(_ values: TaskValues) {}

  public func run(
    _ evaluator: Evaluator, records: [RecordSet], limit: Int?
  ) throws -> ZeroShotScores {
    try evaluator.accuracy(records: records, limit: limit)
  }
}
