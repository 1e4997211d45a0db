import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Optimizers

/// The checkpoint that a run goes on from, the same on all ranks, and what was passed over.
struct Resumption {
  let checkpoint: Checkpoint?
  /// Told on rank 0.
  let leftOut: [CheckpointFolder.LeftOut]

  var step: Int { checkpoint?.state.step ?? 0 }

  /// Rank 0 finds it and checks every byte; the others read the same folder. Collective.
  /// - Throws: `CheckpointError` where checkpoints are there but none is whole;
  ///   `ConfigurationError` where `--resume never` meets checkpoints.
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
        // Starting anew would cut the logs and in time remove what may only need a repair.
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

/// Where a run begins: random weights, another model's, or a checkpoint of its own.
struct StartingPoint {
  private let checkpoint: Checkpoint?
  /// What differs from the run that wrote it, all of it allowed.
  let changes: [RunConfiguration.Difference]

  /// - Throws: `ConfigurationError` where the run file differs from the checkpoint's in what may
  ///   not change; `ModelError` for another model or tokenizer behind the same names.
  init(_ checkpoint: Checkpoint?, _ plan: RunPlan, overrides: [String]) throws {
    self.checkpoint = checkpoint
    guard let checkpoint else {
      changes = []
      return
    }
    let before = try RunConfiguration(json: checkpoint.state.configuration)
    changes = try plan.configuration.resuming(before, overrides: overrides)
    let remedy = "Restore it, or start another run with another --output"
    if try SavedModel.configuration(of: checkpoint) != plan.shape {
      throw ModelError(
        checkpoint.folder.path, .mismatch("its model is not the run file's"), remedy: remedy)
    }
    if try SavedModel.tokenizer(of: checkpoint)?.model != plan.tokenizer?.model {
      throw ModelError(
        checkpoint.folder.path, .mismatch("its tokenizer is not the run file's"), remedy: remedy)
    }
  }

  /// Sets weights and optimiser.
  func fill(
    _ saved: SavedModel, _ optimizer: any Optimizer, _ plan: RunPlan
  ) throws -> TrainingProgress {
    if let checkpoint { return try Trainer.restore(checkpoint, into: saved, optimizer) }
    if let initial = plan.initial {
      try SavedModel.read(initial, into: saved.model)
    } else {
      saved.model.parameters.initialize(seed: plan.configuration.seed)
    }
    return TrainingProgress()
  }
}
