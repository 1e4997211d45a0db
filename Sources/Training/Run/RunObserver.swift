import CoCaModel
import Collectives
import Foundation
import Pipeline

/// Follows a run as its run file says: progress and metrics, checkpoints, validation, stopping.
final class RunObserver: TrainingObserver {
  /// The slowest rank's work over the mean, above which the console names the rank.
  private static let tolerable = 1.2

  private let plan: RunPlan
  private let ranks: any Communicator
  private let folder: RunFolder
  private let console: Console
  private let stop: StopRequest
  private let deadline: Deadline
  private let hosts: [String]
  private let validator: Validator
  /// Only rank 0 has these.
  private let metrics: LineLog?
  private let samples: LineLog?
  private var lastSave = ContinuousClock.now
  private var lastStatus = ContinuousClock.now
  private var rate = MovingRate()
  /// Of the checkpoint before the present step, if there was one.
  private var checkpointSeconds = 0.0
  private var hasToldOfCopies = false
  private(set) var wasStopped = false

  init(
    _ plan: RunPlan, from step: Int, over ranks: any Communicator, hosts: [String],
    folder: RunFolder, console: Console, stop: StopRequest, deadline: Deadline,
    validator: Validator
  ) throws {
    self.plan = plan
    self.ranks = ranks
    self.hosts = hosts
    self.folder = folder
    self.console = console
    self.stop = stop
    self.deadline = deadline
    self.validator = validator
    let isFirst = ranks.rank == 0
    metrics = isFirst ? try folder.lines("metrics.jsonl", upTo: step) : nil
    samples =
      isFirst && plan.configuration.log.keys
      ? try folder.lines("samples.jsonl", upTo: step) : nil
  }

  var wantsStop: Bool { stop.isRequested }

  var wantsCheckpoint: Bool {
    guard ranks.rank == 0, let minutes = plan.configuration.checkpoint.minutes else { return false }
    return ContinuousClock.now - lastSave >= .seconds(minutes * 60)
  }

  func begins(_ phase: Phase, step: Int) { deadline.beat(step: step, phase: phase) }

  func warn(_ text: String) { console.warn(text) }
  func note(_ text: String) { console.note(text) }

  func leftOut(_ samples: [BadSample]) throws {
    let all = try ranks.allGather(Array(JSONEncoder().encode(samples.map { "left out \($0)" })))
    for texts in all {
      for text in try JSONDecoder().decode([String].self, from: Data(texts)) { console.warn(text) }
    }
  }

  /// Told once: what is wrong with one copy is wrong with the next.
  func lacksCopies(_ problem: String?) throws {
    guard !hasToldOfCopies else { return }
    hasToldOfCopies = true
    let notice = try lowestNotice(problem, hosts: hosts, over: ranks)
    if let notice { console.warn("\(notice); shards are read in place") }
  }

  func stepped(_ step: Step, _ trainer: Trainer) throws -> Continuation {
    let done = trainer.progress.step, isLast = done == plan.steps
    wasStopped = step.sums.wantsStop && !isLast
    // Logged first: a line without its checkpoint is cut on resume, one that is missing stays so.
    try log(step, trainer)
    let isDue = plan.configuration.checkpoint.every.map { done % $0 == 0 } ?? false
    checkpointSeconds = 0
    if isDue || isLast || wasStopped || step.sums.wantsCheckpoint {
      checkpointSeconds = try save(trainer)
    }
    if !wasStopped, isValidated(after: done) {
      begins(.validation, step: done)
      try validator.run(trainer.saved, step: done)
    }
    return wasStopped ? .stop : .next
  }

  private func isValidated(after step: Int) -> Bool {
    step == plan.steps || step % plan.configuration.validation.every == 0
  }

  /// Makes the validation that a run was stopped before, or in. Collective.
  func catchUp(_ trainer: Trainer) throws {
    let done = trainer.progress.step
    guard done > 0, isValidated(after: done) else { return }
    var missing = validator.missing.map { $0 ? 1.0 : 0 }
    try ranks.allReduceMax(&missing)
    guard missing.contains(1) else { return }
    begins(.validation, step: done)
    try validator.run(trainer.saved, step: done, chosen: missing.map { $0 > 0 })
  }

  /// Rank 0 writes; the others wait for it.
  private func save(_ trainer: Trainer) throws -> Double {
    let start = ContinuousClock.now
    begins(.checkpoint, step: trainer.progress.step)
    let saved = try trainer.save(to: folder.checkpoints)
    try together(ranks) {
      guard let saved else { return }
      for warning in saved.warnings { console.warn("\(warning)") }
      try folder.update { status in
        status.step = trainer.progress.step
        status.checkpoint = saved.folder.lastPathComponent
      }
    }
    lastSave = .now
    return (lastSave - start) / .seconds(1)
  }

  private func log(_ step: Step, _ trainer: Trainer) throws {
    let done = trainer.progress.step
    if plan.configuration.log.keys {
      try logKeys(step.batch, step: done)
    }
    guard ranks.rank == 0 else { return }
    let line = Metrics(
      step, trainer.progress, hosts: hosts, checkpointSeconds: checkpointSeconds,
      epochs: zip(plan.sources.map(\.name), plan.batches.epochs(before: done)))
    try metrics?.append(line)
    rate.add(pairs: line.pairs, seconds: line.seconds["total"] ?? 0)
    if ContinuousClock.now - lastStatus > .seconds(10) {
      lastStatus = .now
      try folder.update { $0.step = done }
    }
    if done % plan.configuration.log.every == 0 || done == plan.steps {
      console.say(progressLine(line, step.losses), json: line)
    }
  }

  /// Every rank's keys of a step, in the order of the pairs' numbers.
  private func logKeys(_ batch: Batch, step: Int) throws {
    struct Line: Encodable {
      let step: Int
      let keys: [String: [String]]
    }
    let mine = batch.rows.map { KeyedPair(source: $0.source, number: $0.number, key: $0.key) }
    let all = try ranks.allGather(Array(JSONEncoder().encode(mine)))
    guard let samples else { return }
    let pairs = try all.flatMap { try JSONDecoder().decode([KeyedPair].self, from: Data($0)) }
      .sorted { ($0.source, $0.number) < ($1.source, $1.number) }
    let keys = Dictionary(grouping: pairs) { batch.sourceNames[$0.source] }
    try samples.append(Line(step: step, keys: keys.mapValues { $0.map(\.key) }))
  }

  private struct KeyedPair: Codable {
    let source: Int
    let number: Int
    let key: String
  }

  private func progressLine(_ line: Metrics, _ losses: Losses) -> String {
    let left = Double(plan.steps - line.step) * Double(plan.configuration.batch)
    let width = plan.steps.grouped.count, slowest = line.slowest
    let imbalance =
      line.imbalance > Self.tolerable
      ? "  rank \(slowest.rank) on \(slowest.host) takes \(line.imbalance.fixed(2)) × the mean" : ""
    let step = String(repeating: " ", count: max(0, width - line.step.grouped.count))
      + line.step.grouped
    return "step \(step)/\(plan.steps.grouped)"
      + "  loss \(losses.total.fixed(4))"
      + losses.terms.map { "  \($0.name) \($0.loss.value.fixed(4))" }.joined()
      + "  lr \(String(format: "%.2e", line.lr))"
      + "  \(line.pairs_per_second.fixed(0)) pairs/s  \(line.gflops.fixed(1)) GFLOP/s"
      + (rate.value > 0 ? "  \((left / rate.value).asDuration) left" : "")
      + imbalance
  }
}

/// Pairs per second over about the last twenty steps.
private struct MovingRate {
  private var pairs = 0.0
  private var seconds = 0.0
  var value: Double { seconds > 0 ? pairs / seconds : 0 }

  mutating func add(pairs newPairs: Int, seconds newSeconds: Double) {
    pairs = 0.95 * pairs + Double(newPairs)
    seconds = 0.95 * seconds + newSeconds
  }
}

extension Metrics {
  init(
    _ step: Step, _ progress: TrainingProgress, hosts: [String], checkpointSeconds: Double,
    epochs: some Sequence<(String, Double)>
  ) {
    let sums = step.sums, losses = step.losses
    let total = sums.total
    var seconds = Dictionary(
      uniqueKeysWithValues: StepClock.Phase.allCases.map { ($0.rawValue, sums.means[$0] ?? 0) })
    seconds["checkpoint"] = checkpointSeconds
    seconds["total"] = total + checkpointSeconds
    self.step = progress.step
    time = Date().timeIntervalSince1970
    loss = JSONNumber(losses.total)
    contrastive = JSONNumber(losses["contrastive"]?.value)
    caption = JSONNumber(losses["caption"]?.value)
    logit_scale = JSONNumber(step.scale.map { Double($0) })
    grad_norm = JSONNumber(step.norm)
    lr = step.rate
    pairs = losses.pairs
    tokens = sums.tokens
    samples_seen = progress.samplesSeen
    pairs_per_second = Double(losses.pairs) / total
    tokens_per_second = Double(sums.tokens) / total
    gflops = sums.operations / total / 1e9
    func accuracy(_ name: String) -> JSONNumber {
      JSONNumber(losses.figure(name, of: "contrastive")?.value)
    }
    self.accuracy = Accuracy(
      image_to_text: accuracy(ContrastiveTerm.imageToText),
      text_to_image: accuracy(ContrastiveTerm.textToImage))
    skipped = sums.skipped
    self.seconds = seconds
    wire = Wire(bytes: sums.wireBytes, seconds: sums.wireSeconds)
    slowest = Slowest(
      rank: sums.slowest, host: hosts[sums.slowest], seconds: sums.work[sums.slowest])
    imbalance = sums.imbalance
    resident_bytes = Int(sums.residentBytes.max() ?? 0)
    ranks = hosts.count
    epoch = Dictionary(epochs, uniquingKeysWith: max)
  }
}
