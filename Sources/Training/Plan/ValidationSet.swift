import Evaluation
import Foundation
import Pipeline
import Records

/// A set of the validation with its records open and its task's files read.
struct ValidationSet {
  let settings: ValidationSettings.Set
  let records: [RecordSet]
  let task: any EvaluationTask
  /// Whether its answers are lines of `captions.jsonl`.
  var givesCaptions: Bool { settings.task.task.givesCaptions }

  /// - Parameter parts: what the model has.
  /// - Throws: what is wrong with its records or its options, or what its task misses of the model.
  init(_ settings: ValidationSettings.Set, model parts: Set<ModelPart>) throws {
    self.settings = settings
    records = try settings.records.map {
      try RecordSet(directory: URL(fileURLWithPath: $0, isDirectory: true))
    }
    try settings.task.task.check(parts, of: "validation of \(settings.name)")
    task = try settings.task.task.init(settings.options)
  }
}
