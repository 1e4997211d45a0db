import Collectives
import Evaluation
import Foundation
import Tensors

/// Asks the model, while it trains, what `coca-eval` would ask of its checkpoint.
final class Validator {
  private let sets: [ValidationSet]
  private let ranks: any Communicator
  private let console: Console
  private let deadline: Deadline
  private let results: LineLog?
  private let captions: LineLog?

  /// - Throws: `OutputError` where the logs cannot be written.
  init(
    _ plan: RunPlan, from step: Int, over ranks: any Communicator, folder: RunFolder,
    console: Console, deadline: Deadline
  ) throws {
    self.ranks = ranks
    self.console = console
    self.deadline = deadline
    sets = plan.validation
    let isFirst = ranks.rank == 0
    results =
      isFirst && sets.contains { !$0.givesCaptions }
      ? try folder.lines("validation.jsonl", upTo: step) : nil
    captions =
      isFirst && sets.contains { $0.givesCaptions }
      ? try folder.lines("captions.jsonl", upTo: step) : nil
  }

  /// Which sets rank 0's logs have no answer of at the step from which the run goes on; none on the
  /// other ranks.
  var missing: [Bool] {
    sets.map { set in
      guard let log = set.givesCaptions ? captions : results else { return false }
      let task = set.givesCaptions ? nil : set.settings.task.rawValue
      let answered = log.latest.compactMap { try? JSONDecoder().decode(Answered.self, from: $0) }
      return !answered.contains(Answered(name: set.settings.name, task: task))
    }
  }

  /// Collective.
  /// - Parameter chosen: whether each set is asked; nil: all are.
  func run(_ saved: SavedModel, step: Int, chosen: [Bool]? = nil) throws {
    for (index, set) in sets.enumerated() where chosen?[index] ?? true {
      let evaluator = Evaluator(saved: saved, over: ranks) { [console, deadline] notice in
        deadline.beat(step: step, phase: .validation)
        if case .leftOut(let samples) = notice {
          console.warn("validation \(set.settings.name): \(samples.count) samples left out, "
            + "first \(samples.named.first ?? "")")
        }
      }
      let result = try set.task.run(
        evaluator, records: set.records, limit: set.settings.limit)
      try tell(result, of: set, step: step)
    }
    Tensor.releaseUnused()
  }

  /// All that a validation puts out.
  private func tell(_ result: any TaskResult, of set: ValidationSet, step: Int) throws {
    let name = set.settings.name, text = "validation \(name): \(result.summary)"
    if let written = result as? Captions {
      try captions?.append(
        written.lines.map { CaptionRecord(step: step, name: name, line: $0) })
      console.say(text, json: written)
    } else {
      let record = ScoreRecord(
        step: step, name: name, task: set.settings.task.rawValue, scores: result)
      try results?.append(record)
      console.say(text, json: record)
    }
  }
}

/// A line of `validation.jsonl`: step, name and task beside the scores' own keys.
private struct ScoreRecord: Encodable {
  let step: Int
  let name: String
  let task: String
  let scores: any Encodable

  private enum CodingKeys: CodingKey { case step, name, task }

  func encode(to encoder: any Encoder) throws {
    try scores.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(name, forKey: .name)
    try container.encode(task, forKey: .task)
  }
}

/// What a line of either log answers; captions name no task.
private struct Answered: Decodable, Equatable {
  let name: String
  let task: String?
}

/// A line of `captions.jsonl`.
private struct CaptionRecord: Encodable {
  let step: Int
  let name: String
  let line: CaptionLine

  private enum CodingKeys: CodingKey { case step, name }

  func encode(to encoder: any Encoder) throws {
    try line.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(name, forKey: .name)
  }
}
