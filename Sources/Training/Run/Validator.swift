import CoCaModel
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
      isFirst && sets.contains { $0.settings.task != .caption }
      ? try folder.lines("validation.jsonl", upTo: step) : nil
    captions =
      isFirst && sets.contains { $0.settings.task == .caption }
      ? try folder.lines("captions.jsonl", upTo: step) : nil
  }

  /// Which sets rank 0's logs have no answer of at the step from which the run goes on; none on the
  /// other ranks.
  var missing: [Bool] {
    sets.map { set in
      let isCaption = set.settings.task == .caption
      guard let log = isCaption ? captions : results else { return false }
      let task = isCaption ? nil : set.settings.task.rawValue
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
      try ask(evaluator, set, step: step)
    }
    Tensor.releaseUnused()
  }

  private func ask(_ evaluator: Evaluator, _ set: ValidationSet, step: Int) throws {
    let limit = set.settings.limit
    switch set.question {
    case .loss:
      let losses = try evaluator.losses(records: set.records, limit: limit)
      try report(
        losses, of: set, step: step,
        LossTerms.all.compactMap { term in
          losses[term.name].map { "\(term.name) \($0.fixed(4))" }
        }.joined(separator: ", "))
    case .retrieval:
      let scores = try evaluator.retrieval(records: set.records, limit: limit)
      try report(
        scores, of: set, step: step,
        "R@1 image to text \((100 * scores.imageToText.r1).fixed(2))%, "
          + "text to image \((100 * scores.textToImage.r1).fixed(2))%")
    case .zeroShot(let classes, let prompts):
      let scores = try evaluator.zeroShot(
        records: set.records, classes: classes, prompts: prompts, limit: limit)
      try report(
        scores, of: set, step: step,
        "top-1 \((100 * scores.top1).fixed(2))%, top-5 \((100 * scores.top5).fixed(2))%")
    case .caption:
      let lines = try evaluator.captions(records: set.records, limit: limit)
      try captions?.append(
        lines.map { CaptionRecord(step: step, name: set.settings.name, line: $0) })
      console.say(
        "validation \(set.settings.name): \(lines.count) captions, first: "
          + "\(lines.first?.caption ?? "")", json: lines)
    }
  }

  private func report(
    _ scores: some Encodable, of set: ValidationSet, step: Int, _ text: String
  ) throws {
    let record = ScoreRecord(
      step: step, name: set.settings.name, task: set.settings.task.rawValue, scores: scores)
    try results?.append(record)
    console.say("validation \(set.settings.name): \(text)", json: record)
  }
}

/// A line of `validation.jsonl`: step, name and task beside the scores' own keys.
private struct ScoreRecord<Scores: Encodable>: Encodable {
  let step: Int
  let name: String
  let task: String
  let scores: Scores

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
