import Autograd
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Images
import Optimizers
import Pipeline
import Tensors
import Text

/// Makes the steps: takes a batch from disk to updated weights, once per step.
final class Trainer {
  let state: TrainingState
  let ranks: any Communicator
  let clock = StepClock()
  let objective: Objective
  /// Updates done, pairs trained on, samples read and samples left out.
  var progress: TrainingProgress

  private let gradients: GradientTravel
  private let cost: Cost
  private let loader: BatchLoader
  private let observer: any TrainingObserver
  private let profile: StepProfile?
  /// Steps since the last finite one.
  private var skippedInARow = 0
  /// More skipped steps in a row end the run: skipping does not change the weights, so it goes on.
  private static let mostSkippedInARow = 100
  private var plan: RunPlan { state.plan }
  private var model: CoCa { state.saved.model }

  init(
    _ state: TrainingState, _ progress: TrainingProgress, observer: any TrainingObserver,
    profile: StepProfile? = nil
  ) throws {
    self.state = state
    self.progress = progress
    self.observer = observer
    self.profile = profile
    ranks = state.ranks
    let plan = state.plan, saved = state.saved, run = plan.configuration
    let gradients = GradientTravel(
      saved.model.parameters, over: ranks, clock: clock, plan.travel)
    self.gradients = gradients
    objective = Objective(
      saved.model, plan.terms, microbatch: run.microbatch,
      recomputesBlocks: run.recompute == .blocks, exchange: run.contrastiveExchange, over: ranks,
      clock: clock, completed: gradients.completed)
    cost = Cost(
      saved.model.configuration, vocabularySize: saved.model.vocabularySize, frozen: plan.frozen)
    loader = try BatchLoader(
      plan, transform: saved.imageTransform, vocabularySize: saved.model.vocabularySize,
      rank: ranks.rank, size: ranks.size)
  }

  /// Trains until the last step, or until the observer stops it.
  /// - Throws: `Divergence`, or an error of the data, the ranks or the files.
  func run() throws {
    try gradients.agree()
    let loader = loader
    let steps = progress.step..<plan.steps
    let ready = try Prefetcher(steps: steps, ahead: 4) { step, _ in loader.prepare(step: step) }
    let batches = try Prefetcher(steps: steps) { step, cancellation in
      _ = try ready.next()
      return try loader.load(step: step, cancellation: cancellation)
    }
    defer {
      ready.cancel()
      batches.cancel()
    }
    while progress.step < plan.steps {
      profile?.begins()
      let next = try step(batches)
      try profile?.ended(isLast: next == .stop || progress.step == plan.steps)
      if next == .stop { return }
    }
  }

  private func step(_ batches: Prefetcher<Batch>) throws -> Continuation {
    let start = ContinuousClock.now
    clock.reset()
    observer.begins(.data, step: progress.step + 1)
    let batch = try together(ranks) { try measure(.data, "data wait") { try nextBatch(batches) } }
    let pairs = measure(.data, "pictures to floats") { self.pairs(of: batch) }

    observer.begins(.compute, step: progress.step + 1)
    clock.measure(.backward) { model.parameters.clearGradients() }
    gradients.begin()
    let losses = try objective.backward(pairs, lanes: lanes(of: batch))

    observer.begins(.communicate, step: progress.step + 1)
    try gradients.finish()
    observer.begins(.optimizer, step: progress.step + 1)
    let norm = try measure(
      .optimizer, "gradient norm", bytes: model.parameters.gradients.bytes
    ) { try GradientNorm(model.parameters, shard: state.shard) }

    let (scale, bias) = (model.scale, model.bias)
    let rate = plan.schedule.rate(at: progress.step)
    if losses.pairs == 0 {
      observer.warn("step \(progress.step + 1): none of its samples could be used; it is skipped")
    } else if try isFinite(losses, norm, batch) {
      try measure(.optimizer, plan.configuration.optimizer.name.rawValue) {
        try state.optimizer.update(
          learningRate: Float(rate),
          gradientScale: norm.scale(limit: plan.configuration.optimizer.clip))
      }
      if state.shard != nil { try gradients.gatherWeights() }
      model.clampLogitScale()
    }
    let report = StepReport(
      seconds: clock.seconds, total: (ContinuousClock.now - start) / .seconds(1),
      read: batch.count + batch.skipped.count, skipped: batch.skipped.count,
      operations: cost.step(batch.captions), tokens: batch.captions.ids.count,
      residentBytes: residentBytes(), wireBytes: gradients.travelled.bytes,
      wireSeconds: gradients.travelled.seconds,
      othersShare: observer.othersShare, lacksCopies: loader.cacheProblem != nil,
      wantsStop: observer.wantsStop, wantsCheckpoint: observer.wantsCheckpoint)
    let sums = try report.summed(over: ranks)
    if let verdict = gradients.learn(sums) { observer.note(verdict) }
    progress.step += 1
    progress.samplesSeen += losses.pairs
    if sums.skipped > 0 { try observer.leftOut(batch.skipped) }
    if sums.lacksCopies { try observer.lacksCopies(loader.cacheProblem.map { "\($0)" }) }
    do {
      try progress.tally.add(read: sums.read, skipped: sums.skipped, policy: plan.badSamples)
    } catch {
      // The sums are the same on all ranks, and so is the error; one rank prints it.
      try together(ranks) { throw error }
    }
    return try observer.stepped(
      Step(
        progress: progress, losses: losses, norm: norm, scale: scale, bias: bias, rate: rate,
        sums: sums, batch: batch))
  }

  private func pairs(of batch: Batch) -> Pairs {
    let pairs = Pairs(batch), run = plan.configuration
    return run.objective.drawsPrefixes ? pairs.drawingPrefixes(seed: run.seed) : pairs
  }

  /// Measures an operation of the step that is a phase, or a part of one, by itself.
  private func measure<Result>(
    _ phase: StepClock.Phase, _ operation: String, bytes: Int = 0, _ body: () throws -> Result
  ) rethrows -> Result {
    try clock.measure(phase) { try Profile.measure(operation, bytes: bytes, body) }
  }

  /// Pairs of each of this rank's lanes, where sums are made lane by lane; nil otherwise.
  private func lanes(of batch: Batch) -> [Int]? {
    guard plan.configuration.reproducible else { return nil }
    return batch.pairs(of: plan.batches.lanes.lanes(of: ranks.rank, size: ranks.size))
  }

  private func nextBatch(_ batches: Prefetcher<Batch>) throws -> Batch {
    guard let delivery = try batches.next() else { preconditionFailure("a batch for every step") }
    return delivery.item
  }

  /// Whether this step may change the weights. All ranks have the same sums, so all agree.
  private func isFinite(_ losses: Losses, _ norm: GradientNorm, _ batch: Batch) throws -> Bool {
    if losses.total.isFinite, norm.value.isFinite {
      skippedInARow = 0
      return true
    }
    skippedInARow += 1
    let fault = try Divergence.find(self, losses, norm, batch, inARow: skippedInARow)
    try together(ranks) {
      let isHopeless = skippedInARow == Self.mostSkippedInARow
      if plan.configuration.nonfinite == .stop || isHopeless { throw fault }
    }
    observer.warn("\(fault.fact); the step is skipped")
    return false
  }
}

/// What the trainer does after a step.
enum Continuation { case next, stop }

/// A finished step, the same on all ranks except for `batch`.
struct Step {
  /// The progress that includes this step.
  let progress: TrainingProgress
  let losses: Losses
  let norm: GradientNorm
  /// The inverse temperature before the update; nil without the contrastive head.
  let scale: Float?
  /// The bias of the sigmoid loss before the update.
  let bias: Float?
  let rate: Double
  let sums: RankSums<StepReport>
  /// This rank's share.
  let batch: Batch
}

/// Follows a run: logs, saves, validates, stops.
protocol TrainingObserver: AnyObject {
  /// Whether this rank was asked to stop; all ranks stop if any was.
  var wantsStop: Bool { get }
  /// The share of this rank's cores that other processes take.
  var othersShare: Double { get }
  /// Whether it is time for a checkpoint; only rank 0 knows.
  var wantsCheckpoint: Bool { get }
  func begins(_ phase: Phase, step: Int)
  func stepped(_ step: Step) throws -> Continuation
  func warn(_ text: String)
  func note(_ text: String)
  /// Names the samples that this rank could not use, in a step in which any rank left samples out.
  /// Collective.
  func leftOut(_ samples: [BadSample]) throws
  /// Reports why this or another rank cannot copy shards to its cache. Collective.
  func lacksCopies(_ problem: String?) throws
}

extension Pairs {
  /// Pairs of a batch, which has one text for each image.
  init(_ batch: Batch) {
    let identities = batch.rows.map {
      PairIdentity(
        source: $0.source, epoch: $0.epoch, sample: $0.sample, image: $0.imageHash,
        text: $0.textHash, label: $0.labelHash)
    }
    self.init(batch.images, batch.captions, identities: identities)
    classes = batch.rows.map(\.classes)
  }
}

extension BatchLoader {
  convenience init(
    _ plan: RunPlan, transform: ImageTransform, vocabularySize: Int, rank: Int, size: Int
  ) throws {
    try self.init(
      sources: plan.sources, plan: plan.batches,
      text: SampleText(
        tokenizer: plan.tokenizer, vocabularySize: vocabularySize,
        context: plan.shape.text.context),
      settings: Settings(
        seed: plan.configuration.seed, transform: transform,
        augmentation: plan.configuration.augment.map(Augmentation.init),
        badSamples: plan.badSamples, workers: Threads.count,
        cache: try plan.cache(), classes: plan.shape.classes.map(SampleClasses.init)),
      rank: rank, size: size)
  }
}
