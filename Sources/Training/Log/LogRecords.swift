import CoCaModel
import Evaluation
import Records

/// A step; as JSON it is a line of `metrics.jsonl`.
struct StepRecord: Encodable {
  let metrics: Metrics
  /// The losses before they are weighted, in the order in which they are shown.
  let losses: [(name: String, value: Double)]
  /// With `log.keys`: the keys of the step's samples by source, in the order of the pairs.
  let keys: [String: [String]]?
  /// In steps of `log.histograms`: the norm of every parameter's gradient, before clipping.
  let gradientNorms: [(parameter: String, norm: Double)]?

  func encode(to encoder: any Encoder) throws {
    try metrics.encode(to: encoder)
    var container = encoder.container(keyedBy: NamedKey.self)
    // Every loss that exists has its key: null where it is not part of the objective.
    for name in LossTerms.all.map(\.name) {
      let value = losses.first { $0.name == name }?.value
      try container.encode(JSONNumber(value), forKey: NamedKey(name))
    }
  }
}

/// The scores of a validation set; as JSON a line of `validation.jsonl`, with step, name and task
/// beside the scores' keys.
struct ScoreRecord: Encodable {
  let step: Int
  let name: String
  let task: String
  let scores: any TaskResult

  func encode(to encoder: any Encoder) throws {
    try scores.encode(to: encoder)
    var container = encoder.container(keyedBy: NamedKey.self)
    try container.encode(step, forKey: "step")
    try container.encode(name, forKey: "name")
    try container.encode(task, forKey: "task")
  }
}

/// The captions of a validation set.
struct CaptionsRecord {
  let step: Int
  let name: String
  let lines: [CaptionLine]
  /// The records that hold the pictures.
  let records: [RecordSet]
}
