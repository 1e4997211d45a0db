import Autograd
import Checkpoints
import Collectives
import Evaluation
import Foundation
import JSON
import Optimizers
import Pipeline
import Records

/// How far a run has come: with weights and optimizer state, all that is needed to continue it.
/// The data order and every random draw follow from the step.
struct TrainingProgress {
  /// Updates done.
  var step = 0
  var samplesSeen = 0
  var tally = BadSampleTally()
  /// What it is trained on.
  var data: [SourceMark] = []

  fileprivate struct Saved: Codable {
    let samplesSeen: Int
    let updates: Int
    let read: Int
    let skipped: Int
    /// These are nil in checkpoints of earlier versions.
    let data: [SourceMark]?
    let arithmetic: String?
  }
}

extension CheckpointContents {
  fileprivate static let optimizerFile = "state"

  /// What a checkpoint needs so that a run can continue from it.
  /// - Parameters:
  ///   - optimizer: nil for weights alone, which only start another run.
  ///   - state: the optimizer's state, where this rank does not hold all of it.
  ///   - configuration: the run file; null where another program made the weights.
  init(
    _ saved: SavedModel, optimizer: (any Optimizer)?, state: [TensorSource]? = nil,
    _ progress: TrainingProgress, seed: UInt64, configuration: JSONValue
  ) throws {
    let state = state ?? optimizer?.state.map { TensorSource($0.name, $0.tensor) }
    let counts = optimizer.map {
      TrainingProgress.Saved(
        samplesSeen: progress.samplesSeen, updates: $0.updates, read: progress.tally.read,
        skipped: progress.tally.skipped, data: progress.data,
        arithmetic: Reproducibility.arithmetic)
    }
    self.init(
      step: progress.step, seed: seed, version: programVersion, configuration: configuration,
      progress: try JSONValue(encoding: counts), model: saved.tensors,
      optimizer: state.map { [Self.optimizerFile: $0] } ?? [:],
      attachments: try saved.attachments())
  }
}

extension TrainingProgress {
  /// What decided the bits of the checkpoint's steps; nil where that is not known.
  static func arithmetic(in checkpoint: Checkpoint) throws -> String? {
    try saved(in: checkpoint).arithmetic
  }

  /// Reads a checkpoint's progress, and the state of its optimizer.
  init(_ checkpoint: Checkpoint, filling optimizer: any Optimizer) throws {
    let files = try checkpoint.optimizer(CheckpointContents.optimizerFile)
    for part in optimizer.state {
      try files.read(
        part.name, shape: part.shape, elements: part.held, into: part.tensor.buffer)
    }
    let counts = try Self.saved(in: checkpoint)
    optimizer.updates = counts.updates
    self.init(step: checkpoint.state.step, samplesSeen: counts.samplesSeen)
    // The limit on bad samples counts on from here: it had not been reached.
    try tally.add(read: counts.read, skipped: counts.skipped, policy: .skip(limit: .infinity))
  }

  /// What the sources held when the checkpoint was written; empty where it does not say.
  static func data(in checkpoint: Checkpoint) throws -> [SourceMark] {
    try saved(in: checkpoint).data ?? []
  }

  private static func saved(in checkpoint: Checkpoint) throws(CheckpointError) -> Saved {
    do {
      return try checkpoint.state.progress.decoded()
    } catch {
      throw CheckpointError(
        checkpoint.folder.path, .malformed("its progress is not a trainer's"))
    }
  }
}
