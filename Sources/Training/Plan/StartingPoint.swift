import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Optimizers
import RunFile

/// The checkpoint that a run continues from, the same on all ranks, and those that were left out.
struct Resumption {
  let checkpoint: Checkpoint?
  /// Known on rank 0 only.
  let leftOut: [CheckpointFolder.LeftOut]

  var step: Int { checkpoint?.state.step ?? 0 }

  /// Rank 0 finds it and checks every byte; the others read the same folder. Collective.
  /// - Throws: `CheckpointError` where there are checkpoints but none is complete;
  ///   `ConfigurationError` where `--resume never` finds checkpoints.
  init(_ resume: TrainOptions.Resume, _ folder: RunFolder, over ranks: any Communicator) throws {
    var leftOut: [CheckpointFolder.LeftOut] = []
    let first = try together(ranks) {
      ranks.rank == 0 ? try Self.find(resume, folder) { leftOut.append($0) } : nil
    }
    var path = Array((first?.folder.path ?? "").utf8)
    try ranks.broadcast(&path, from: 0)
    checkpoint = try together(ranks) {
      if ranks.rank == 0 || path.isEmpty { return first }
      let found = URL(fileURLWithPath: String(decoding: path, as: UTF8.self))
      return try Checkpoint.open(found, verifying: .sizes)
    }
    self.leftOut = leftOut
  }

  private static func find(
    _ resume: TrainOptions.Resume, _ folder: RunFolder,
    leftOut: (CheckpointFolder.LeftOut) -> Void
  ) throws -> Checkpoint? {
    let place = folder.checkpoints.url.path
    switch resume {
    case .auto:
      let newest = try folder.checkpoints.newest()
      newest.leftOut.forEach(leftOut)
      if newest.checkpoint == nil, !newest.leftOut.isEmpty {
        // A new start would cut the logs, and in time remove checkpoints that may only need a
        // repair.
        throw CheckpointError(place, .noneComplete(newest.leftOut.map(\.error.description)))
      }
      return newest.checkpoint
    case .never:
      guard try folder.checkpoints.newest(verifying: .sizes).checkpoint == nil else {
        throw ConfigurationError("--resume never", "", .occupied(place))
      }
      return nil
    case .path(let url): return try Checkpoint.open(url, leftOut: leftOut)
    }
  }
}

/// Where a run begins: random weights, another model's, a checkpoint of its own, or one that was
/// imported with its optimizer.
struct StartingPoint {
  let checkpoint: Checkpoint?
  /// Where the weights come from; they were checked to fit the model. Nil from scratch.
  let weights: ModelSource.Weights?
  /// What differs from the run that wrote the checkpoint; all of it is allowed.
  let changes: [Difference]
  /// The run file that the checkpoint was written with; nil where there is none.
  private let before: RunConfiguration?

  private static let remedy = "Restore it, or start another run with another --output"

  /// - Parameter model: made of the plan; its parameters need no memory yet.
  /// - Throws: `ConfigurationError` where a key differs that may not change; `ModelError` where the
  ///   same names stand for another model or tokenizer; `CheckpointError` for other tensors.
  init(_ checkpoint: Checkpoint?, _ plan: RunPlan, _ model: CoCa, overrides: [String]) throws {
    self.checkpoint = checkpoint
    guard let checkpoint else {
      (changes, before) = ([], nil)
      weights = try plan.initial?.weights(for: model)
      return
    }
    if checkpoint.isImported {
      try Self.checkImported(checkpoint, plan)
      (changes, before) = ([], nil)
    } else {
      let before = try RunConfiguration(json: checkpoint.state.configuration)
      self.before = before
      changes = try plan.configuration.resuming(before, overrides: overrides)
      guard before.freeze == plan.configuration.freeze else {
        throw ModelError(
          checkpoint.folder.path,
          .mismatch(
            "it was trained with freeze: \(before.freeze): the optimizer's state depends on it"),
          remedy: "Start another run from it with init:, in another --output")
      }
    }
    let shape = try SavedModel.configuration(of: checkpoint)
    for (kind, found, wanted) in [
      ("head", shape.heads.names, plan.shape.heads.names),
      ("self-attention", shape.attentionSets.names, plan.shape.attentionSets.names),
      ("reading of texts", "\(shape.textPasses)-pass", "\(plan.shape.textPasses)-pass"),
      ("loss", shape.contrastiveLoss, plan.shape.contrastiveLoss),
    ] where found != wanted {
      throw ModelError(
        checkpoint.folder.path,
        .mismatch(
          "it was trained with the \(found) \(kind), the run's objective has \(wanted)"),
        remedy: "Start another run from it with init:, in another --output")
    }
    if shape != plan.shape {
      throw ModelError(
        checkpoint.folder.path, .mismatch("its model is not the run file's"), remedy: Self.remedy)
    }
    if try SavedModel.tokenizer(of: checkpoint)?.model != plan.tokenizer?.model {
      throw ModelError(
        checkpoint.folder.path, .mismatch("its tokenizer is not the run file's"),
        remedy: Self.remedy)
    }
    weights = try ModelSource.checkpoint(checkpoint).weights(for: model)
  }

  /// No run file was saved with it, so none is compared; it holds AdamW's state and a step.
  private static func checkImported(_ checkpoint: Checkpoint, _ plan: RunPlan) throws(ModelError) {
    let place = checkpoint.folder.path, name = plan.configuration.optimizer.name
    guard checkpoint.state.progress != .null else {
      throw ModelError(
        place, .missing("optimizer's state"),
        remedy: "Start from it with init:, or import it with --optimizer")
    }
    guard name == OptimizerName(AdamW.self) else {
      throw ModelError(
        place, .mismatch("its optimizer's state is AdamW's, the run file's is \(name.rawValue)"),
        remedy: "Set optimizer.name: adamw, or start from it with init:")
    }
  }

  /// - Throws: `ModelError` where the checkpoint is beyond the run's last step; an imported one
  ///   also where it is at the last step, since nothing would be left to train.
  func check(_ plan: RunPlan) throws(ModelError) {
    guard let checkpoint else { return }
    let step = checkpoint.state.step
    guard step > plan.steps || checkpoint.isImported && step == plan.steps else { return }
    throw ModelError(
      checkpoint.folder.path, .mismatch("it is at step \(step) of the run's \(plan.steps)"),
      remedy: "Raise steps: they count from the start of the first run")
  }

  /// - Throws: `ModelError` where the run that has ended here was another one.
  func checkSameRun() throws(ModelError) {
    guard let checkpoint, let change = changes.first(where: { !$0.isFree }) else { return }
    throw ModelError(
      checkpoint.folder.path, .mismatch("its run is done, and was another one: \(change)"),
      remedy: Self.remedy)
  }

  /// A notice of the learning rate where the next step would have had another one before; nil where
  /// it is the same.
  func rateChange(in plan: RunPlan) throws -> String? {
    guard let before, let step = checkpoint?.state.step, step < plan.steps else { return nil }
    let schedule = Schedule(
      before.schedule, peak: before.optimizer.lr, steps: try plan.steps(for: before.length))
    let (old, new) = (schedule.rate(at: step), plan.schedule.rate(at: step))
    guard old != new else { return nil }
    let rates = [new, old].map { String(format: "%.2e", $0) }
    return "the learning rate of step \((step + 1).grouped) is \(rates[0]); "
      + "without the change it was \(rates[1])"
  }

  /// A notice that the checkpoint's steps were computed by other instructions; nil where it has the
  /// run's, or where its precision was another one.
  /// - Throws: `ModelError` with `reproducible: true`.
  func arithmeticChange(in plan: RunPlan) throws -> String? {
    guard let checkpoint, before?.precision == plan.configuration.precision,
      let found = try TrainingProgress.arithmetic(in: checkpoint), found != Reproducibility.arithmetic
    else { return nil }
    let what = "the checkpoint was computed by \(found), this run by \(Reproducibility.arithmetic)"
    guard !plan.configuration.reproducible else {
      throw ModelError(
        "reproducible", .mismatch(what),
        remedy: "Go on with the same COCA_INSTRUCTIONS, on processors of the same kind")
    }
    return "\(what): the last bits differ from those of an uninterrupted run"
  }

  /// What to tell of sources whose samples are others than when the checkpoint was written.
  func dataChanges(in plan: RunPlan) throws -> [String] {
    guard let checkpoint, !checkpoint.isImported else { return [] }
    let before = Dictionary(
      try TrainingProgress.data(in: checkpoint).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    return try plan.sources.compactMap { source in
      try before[source.name].flatMap { try SourceMark(source).change(from: $0) }
    }
  }

  /// Sets the weights and the optimizer's state.
  /// - Parameter state: with the model that this starting point was made for.
  func fill(_ state: TrainingState) throws -> TrainingProgress {
    var progress = try fillModel(state)
    progress.data = try state.plan.sources.map(SourceMark.init)
    return progress
  }

  private func fillModel(_ state: TrainingState) throws -> TrainingProgress {
    let configuration = state.plan.configuration
    if let checkpoint {
      try weights?.read()
      var progress = try TrainingProgress(checkpoint, filling: state.optimizer)
      if checkpoint.isImported { progress.samplesSeen = progress.step * configuration.batch }
      return progress
    }
    if try state.plan.startsAtRandom() {
      let model = state.saved.model
      model.parameters.initialize(seed: configuration.seed)
      state.plan.terms.forEach { $0.term.start(model, pairs: configuration.batch) }
    }
    try weights?.read()
    return TrainingProgress()
  }
}

extension ModelConfiguration {
  /// By what a checkpoint shows of it.
  fileprivate var contrastiveLoss: String { hasLogitBias ? "sigmoid" : "softmax" }
}

extension Checkpoint {
  /// Whether another program made the weights: then no run file belongs to them.
  fileprivate var isImported: Bool { state.configuration == .null }
}
