import Autograd
import Checkpoints
import Evaluation
import Foundation
import Optimizers
import Pipeline

/// How far a run has come: with the weights and the optimiser's state, all it needs to go on.
/// Data order and every random draw are functions of the step.
struct TrainingProgress {
  /// Updates done.
  var step = 0
  var samplesSeen = 0
  var tally = BadSampleTally()

  fileprivate struct Saved: Codable {
    let samplesSeen: Int
    let updates: Int
    let read: Int
    let skipped: Int
  }
}

extension Trainer {
  private static let optimizerFile = "state"

  /// Writes a checkpoint of the present state; rank 0 only.
  func save(to folder: CheckpointFolder) throws -> CheckpointFolder.Saved {
    let saved = TrainingProgress.Saved(
      samplesSeen: progress.samplesSeen, updates: optimizer.updates, read: progress.tally.read,
      skipped: progress.tally.skipped)
    return try folder.save(
      CheckpointContents(
        step: progress.step, seed: plan.configuration.seed, version: trainerVersion,
        configuration: plan.configuration.json, progress: JSONValue(encoding: saved),
        model: self.saved.tensors,
        optimizer: [
          Self.optimizerFile: optimizer.state.map {
            TensorSource($0.name, shape: $0.tensor.shape, floats: .init($0.tensor.buffer))
          }
        ],
        attachments: try self.saved.attachments()),
      keep: plan.configuration.checkpoint.keep)
  }

  /// Fills weights and optimiser from a checkpoint of the same run.
  static func restore(
    _ checkpoint: Checkpoint, into saved: SavedModel, _ optimizer: any Optimizer
  ) throws -> TrainingProgress {
    try SavedModel.read(checkpoint, into: saved.model)
    let files = try checkpoint.optimizer(optimizerFile)
    for (name, tensor) in optimizer.state {
      try files.read(name, shape: tensor.shape, into: tensor.buffer)
    }
    let counts: TrainingProgress.Saved
    do {
      counts = try checkpoint.state.progress.decoded()
    } catch {
      throw CheckpointError(
        checkpoint.folder.path, .malformed("its progress is not a trainer's"))
    }
    optimizer.updates = counts.updates
    var progress = TrainingProgress(step: checkpoint.state.step, samplesSeen: counts.samplesSeen)
    // Counting again what was counted then: the limit was not reached.
    try progress.tally.add(
      read: counts.read, skipped: counts.skipped, policy: .skip(limit: .infinity))
    return progress
  }
}
