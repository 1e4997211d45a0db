import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import Optimizers

/// Where a run begins: random weights, another model's, or a checkpoint of its own.
struct StartingPoint {
  /// Of this run, to go on from.
  let checkpoint: Checkpoint?
  /// What differs from the run that wrote it, all of it allowed.
  let changes: [RunConfiguration.Difference]
  /// Checkpoints that were passed over, and why.
  let leftOut: [(String, CheckpointError)]

  var step: Int { checkpoint?.state.step ?? 0 }

  /// - Parameter readsAll: whether checksums are verified here; one rank is enough.
  /// - Throws: `ConfigurationError` where the run file differs from the checkpoint's in what may
  ///   not change; `CheckpointError`.
  init(_ options: TrainOptions, _ plan: RunPlan, _ folder: RunFolder, readsAll: Bool) throws {
    let verifying: Verification = readsAll ? .checksums : .sizes
    var leftOut: [(String, CheckpointError)] = []
    switch options.resume {
    case .auto:
      let newest = try folder.checkpoints.newest(verifying: verifying)
      checkpoint = newest.checkpoint
      leftOut = newest.leftOut.map { ($0.folder, $0.error) }
    case .never:
      guard try folder.checkpoints.newest(verifying: .sizes).checkpoint == nil else {
        throw ConfigurationError(
          "--resume never", "", .occupied(folder.checkpoints.url.path))
      }
      checkpoint = nil
    case .path(let url):
      checkpoint = try Checkpoint.open(url, verifying: verifying) {
        leftOut.append(($0.folder, $0.error))
      }
    }
    self.leftOut = leftOut
    changes = try checkpoint.map { checkpoint in
      let before = try RunConfiguration(json: checkpoint.state.configuration)
      return try plan.configuration.resuming(before, overrides: options.overrides)
    } ?? []
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
