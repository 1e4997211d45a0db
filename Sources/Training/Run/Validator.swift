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
  private let stop: StopRequest
  private let deadline: Deadline

  init(
    _ plan: RunPlan, over ranks: any Communicator, folder: RunFolder, sinks: Sinks,
    stop: StopRequest, deadline: Deadline
  ) {
    self.ranks = ranks
    self.folder = folder
    self.sinks = sinks
    self.stop = stop
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

  /// Validates all sets, or until a rank is asked to stop. Collective.
  /// - Parameter chosen: for each set whether it is validated; nil: all are.
  /// - Returns: whether it came to its end; a set that was begun then has no result.
  func run(_ saved: SavedModel, step: Int, chosen: [Bool]? = nil) throws -> Bool {
    defer { Tensor.releaseUnused() }
    do {
      for (index, set) in sets.enumerated() where chosen?[index] ?? true {
        try run(set, saved, step: step)
      }
      return true
    } catch let error as any ExitCoded where error.exitCode == ExitCode.stopped {
      return false
    }
  }

  private func run(_ set: ValidationSet, _ saved: SavedModel, step: Int) throws {
    let evaluator = Evaluator(saved: saved, over: ranks) { [sinks, deadline, stop] notice in
      deadline.beat(step: step, phase: .validation)
      if let text = notice.text { sinks.warn("validation \(set.settings.name): \(text)") }
      if case .progress = notice, stop.isRequested { throw Interruption() }
    }
    let result = try set.task.run(evaluator, records: set.records, limit: set.settings.limit)
    try tell(result, of: set, step: step)
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

/// Ends a validation because the run was asked to stop.
private struct Interruption: Error, ExitCoded {
  let exitCode = ExitCode.stopped
}

extension EvaluationNotice {
  /// What a warning says of it; nil for progress.
  fileprivate var text: String? {
    switch self {
    case .progress: nil
    case .leftOut(let samples):
      "\(samples.count.of("sample")) left out, first \(samples.named.first ?? "")"
    case .partlyUsed(let used, let all, let batch):
      "\(used) of \(all) samples are used: whole batches of \(batch)"
    }
  }
}
