import CoCaModel
import Collectives
import Evaluation
import Foundation
import Tensors

/// Asks the model, while it trains, what `coca-eval` would ask of its checkpoint.
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

  /// Which sets have no answer of a step in the run's folder; only rank 0 looks.
  /// - Throws: `OutputError` where what is there cannot be read.
  func missing(at step: Int) throws -> [Bool] {
    guard ranks.rank == 0 else { return sets.map { _ in false } }
    let lines = try ["validation.jsonl", "captions.jsonl"].flatMap {
      try LineLog.lines(of: folder.url.appendingPathComponent($0), at: step)
    }
    let answered = lines.compactMap { try? JSONDecoder().decode(Answered.self, from: $0) }
    return sets.map(\.settings).map { set in
      let task = set.task == .caption ? nil : set.task.rawValue
      return !answered.contains(Answered(name: set.name, task: task))
    }
  }

  /// Collective.
  /// - Parameter chosen: whether each set is asked; nil: all are.
  func run(_ saved: SavedModel, step: Int, chosen: [Bool]? = nil) throws {
    for (index, set) in sets.enumerated() where chosen?[index] ?? true {
      let evaluator = Evaluator(saved: saved, over: ranks) { [sinks, deadline] notice in
        deadline.beat(step: step, phase: .validation)
        if case .leftOut(let samples) = notice {
          sinks.warn("validation \(set.settings.name): \(samples.count) samples left out, "
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
      try sinks.captions(
        CaptionsRecord(
          step: step, name: set.settings.name, lines: lines, records: set.records))
    }
  }

  private func report(
    _ scores: some Encodable, of set: ValidationSet, step: Int, _ text: String
  ) throws {
    try sinks.validation(
      ScoreRecord(
        step: step, name: set.settings.name, task: set.settings.task.rawValue, scores: scores,
        text: text))
  }
}

/// What a line of either log answers; captions name no task.
private struct Answered: Decodable, Equatable {
  let name: String
  let task: String?
}
