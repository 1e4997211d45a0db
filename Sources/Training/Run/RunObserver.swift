import CoCaModel
import Collectives
import Foundation
import Pipeline

/// Does what the run file asks around the steps: logs, checkpoints, validation, stopping.
final class RunObserver: TrainingObserver {
  private let state: TrainingState
  private let folder: RunFolder
  private let sinks: Sinks
  private let stop: StopRequest
  private let deadline: Deadline
  private let hosts: [String]
  private var cores: CoreUse
  private let validator: Validator
  private var lastSave = ContinuousClock.now
  private var lastStatus = ContinuousClock.now
  /// Seconds that the checkpoint before the present step took; 0 if there was none.
  private var checkpointSeconds = 0.0
  private var hasToldOfCopies = false
  private var hasToldOfOthers = false
  /// A share of a rank's cores that others have for ten seconds, and that is worth a warning.
  private static let toldShare = 0.15
  private var contrastive: ContrastiveWatch
  private(set) var wasStopped = false

  private var plan: RunPlan { state.plan }
  private var ranks: any Communicator { state.ranks }

  /// - Parameter hosts: the host of every rank.
  init(
    _ state: TrainingState, hosts: [String], cores: CoreUse, folder: RunFolder, sinks: Sinks,
    stop: StopRequest, deadline: Deadline, validator: Validator
  ) {
    self.state = state
    self.hosts = hosts
    self.cores = cores
    self.folder = folder
    self.sinks = sinks
    self.stop = stop
    self.deadline = deadline
    self.validator = validator
    contrastive = ContrastiveWatch(warmup: state.plan.schedule.warmupSteps)
  }

  var wantsStop: Bool { stop.isRequested }

  var othersShare: Double {
    cores.update()
    return cores.others
  }

  var wantsCheckpoint: Bool {
    guard ranks.rank == 0, let minutes = plan.configuration.checkpoint.minutes else { return false }
    return ContinuousClock.now - lastSave >= .seconds(minutes * 60)
  }

  func begins(_ phase: Phase, step: Int) { deadline.beat(step: step, phase: phase) }

  func warn(_ text: String) { sinks.warn(text) }
  func note(_ text: String) { sinks.note(text) }

  func leftOut(_ samples: [BadSample]) throws {
    let all = try ranks.allGather(Array(JSONEncoder().encode(samples.map { "left out \($0)" })))
    for texts in all {
      for text in try JSONDecoder().decode([String].self, from: Data(texts)) { warn(text) }
    }
  }

  /// Warns once: what is wrong with one copy is wrong with the next.
  func lacksCopies(_ problem: String?) throws {
    guard !hasToldOfCopies else { return }
    hasToldOfCopies = true
    let notice = try lowestNotice(problem, hosts: hosts, over: ranks)
    if let notice { warn("\(notice); shards are read in place") }
  }

  func stepped(_ step: Step) throws -> Continuation {
    let done = step.progress.step, isLast = done == plan.steps
    wasStopped = step.sums.wantsStop && !isLast
    // Logged first: a line beyond the last checkpoint is cut off on resume; a missing one stays
    // missing.
    try log(step)
    tellOfOthers(step.sums.list(\.othersShare))
    watch(step)
    let isDue = plan.configuration.checkpoint.every.map { done % $0 == 0 } ?? false
    checkpointSeconds = 0
    let isSaved = isDue || isLast || wasStopped || step.sums.wantsCheckpoint
    if isSaved { checkpointSeconds = try save(step.progress) }
    if !wasStopped, isValidated(after: done) {
      try validate(after: done)
      if wasStopped, !isSaved { checkpointSeconds = try save(step.progress) }
    }
    return wasStopped ? .stop : .next
  }

  /// Warns once: other processes may come and go.
  private func tellOfOthers(_ shares: [Double]) {
    guard !hasToldOfOthers, let rank = shares.firstIndex(where: { $0 > Self.toldShare })
    else { return }
    hasToldOfOthers = true
    warn(
      "rank \(rank) on \(hosts[rank]): other processes take \(Int(100 * shares[rank]))% of its "
        + "cores, and all ranks wait for the slowest. Stop them, or give the run cores of its own "
        + "(`taskset -c`)")
  }

  /// Validates, and notes where the run was asked to stop meanwhile.
  private func validate(after step: Int, chosen: [Bool]? = nil) throws {
    begins(.validation, step: step)
    wasStopped = try !validator.run(state.saved, step: step, chosen: chosen)
  }

  private func isValidated(after step: Int) -> Bool {
    step == plan.steps || step % plan.configuration.validation.every == 0
  }

  /// Runs the validation that was due when the run was stopped, or that was interrupted.
  /// Collective.
  func catchUp(_ progress: TrainingProgress) throws {
    let done = progress.step
    guard done > 0, isValidated(after: done) else { return }
    var missing = try together(ranks) { try validator.missing(at: done) }.map { $0 ? 1.0 : 0 }
    try ranks.allReduceMax(&missing)
    guard missing.contains(1) else { return }
    try validate(after: done, chosen: missing.map { $0 > 0 })
  }

  /// Rank 0 writes; the others wait for it.
  private func save(_ progress: TrainingProgress) throws -> Double {
    let start = ContinuousClock.now
    begins(.checkpoint, step: progress.step)
    let saved = try state.save(progress, to: folder.checkpoints)
    try together(ranks) {
      guard let saved else { return }
      for warning in saved.warnings { warn("\(warning)") }
      try folder.update { status in
        status.step = progress.step
        status.checkpoint = saved.folder.lastPathComponent
      }
    }
    lastSave = .now
    return (lastSave - start) / .seconds(1)
  }

  private func watch(_ step: Step) {
    guard let scale = step.scale,
      let loss = step.losses[ContrastiveTerm.name]?.value,
      let chance = step.losses.figure(ContrastiveTerm.chance, of: ContrastiveTerm.name)?.value
    else { return }
    let warnings = contrastive.add(
      step: step.progress.step, loss: loss, chance: chance, scale: Double(scale))
    warnings.forEach(warn)
  }

  private func log(_ step: Step) throws {
    let configuration = plan.configuration, done = step.progress.step
    let keys = configuration.log.keys ? try step.batch.keys(over: ranks) : nil
    guard ranks.rank == 0 else { return }
    let hasHistograms = configuration.log.histograms.map { done % $0 == 0 } ?? false
    try sinks.step(
      StepRecord(
        metrics: Metrics(
          step, hosts: hosts, checkpointSeconds: checkpointSeconds,
          epochs: zip(plan.sources.map(\.name), plan.batches.epochs(before: done))),
        losses: step.losses.terms.map { ($0.name, $0.loss.value) },
        keys: keys, gradientNorms: hasHistograms ? step.norm.norms : nil))
    if ContinuousClock.now - lastStatus > .seconds(10) {
      lastStatus = .now
      try folder.update { $0.step = done }
    }
  }
}
