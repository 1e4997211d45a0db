import Evaluation
import Foundation
import Pipeline
import Records

/// A validation set, with its records open and its task's files read.
struct ValidationSet {
  let settings: ValidationSettings.Set
  let records: [RecordSet]
  let task: any EvaluationTask
  /// Whether its results are lines of `captions.jsonl`.
  var givesCaptions: Bool { settings.task.task.givesCaptions }

  /// - Parameter parts: the parts that the model has.
  /// - Throws: what is wrong with its records or options, or a part of the model that its task
  ///   lacks.
  init(_ settings: ValidationSettings.Set, model parts: Set<ModelPart>) throws {
    self.settings = settings
    records = try settings.records.map {
      try RecordSet(directory: URL(fileURLWithPath: $0, isDirectory: true))
    }
    try settings.task.task.check(parts, of: "validation of \(settings.name)")
    task = try settings.task.task.init(settings.options)
  }
}
