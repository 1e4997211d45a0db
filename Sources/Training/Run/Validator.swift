import Collectives
import Evaluation
import Foundation
import Tensors

/// Runs, during training, the tasks that `coca-eval` would run on the checkpoint.
final class Validator {
  private let sets: [ValidationSet]
  private let ranks: any Communicator
  private let sinks: Sinks
  private let folder: RunFolder
  private let deadline: Deadline

  init(
    _ plan: RunPlan, over ranks: any Communicator, folder: RunFolder, sinks: Sinks,
    deadline: Deadline
  ) {
    self.ranks = ranks
    self.folder = folder
    self.sinks = sinks
    self.deadline = deadline
    sets = plan.validation
  }

  /// Which sets have no result for a step in the run's folder yet; only rank 0 looks.
  /// - Throws: `OutputError` where a log cannot be read.
  func missing(at step: Int) throws -> [Bool] {
    guard ranks.rank == 0 else { return sets.map { _ in false } }
    let lines = try ["validation.jsonl", "captions.jsonl"].flatMap {
      try LineLog.lines(of: folder.url.appendingPathComponent($0), at: step)
    }
    let answered = lines.compactMap { try? JSONDecoder().decode(Answered.self, from: $0) }
    return sets.map { set in
      let task = set.givesCaptions ? nil : set.settings.task.rawValue
      return !answered.contains(Answered(name: set.settings.name, task: task))
    }
  }

  /// Collective.
  /// - Parameter chosen: for each set whether it is validated; nil: all are.
  func run(_ saved: SavedModel, step: Int, chosen: [Bool]? = nil) throws {
    for (index, set) in sets.enumerated() where chosen?[index] ?? true {
      let evaluator = Evaluator(saved: saved, over: ranks) { [sinks, deadline] notice in
        deadline.beat(step: step, phase: .validation)
        if case .leftOut(let samples) = notice {
          sinks.warn("validation \(set.settings.name): \(samples.count) samples left out, "
            + "first \(samples.named.first ?? "")")
        }
      }
      let result = try set.task.run(
        evaluator, records: set.records, limit: set.settings.limit)
      try tell(result, of: set, step: step)
    }
    Tensor.releaseUnused()
  }

  private func tell(_ result: any TaskResult, of set: ValidationSet, step: Int) throws {
    let name = set.settings.name
    if let captions = result as? Captions {
      try sinks.captions(
        CaptionsRecord(step: step, name: name, lines: captions.lines, records: set.records))
    } else {
      try sinks.validation(
        ScoreRecord(
          step: step, name: name, task: set.settings.task.rawValue, scores: result))
    }
  }
}

/// The set that a line of either log is about; lines of captions name no task.
private struct Answered: Decodable, Equatable {
  let name: String
  let task: String?
}
