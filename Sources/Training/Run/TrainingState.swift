import Autograd
import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Optimizers

/// What changes in a run and is saved in a checkpoint: the weights and the optimizer's state.
struct TrainingState {
  let plan: RunPlan
  let saved: SavedModel
  let optimizer: any Optimizer
  /// The rows that this rank updates; nil: all.
  let shard: Shard?
  let ranks: any Communicator

  /// Takes the memory that training needs, but sets no values.
  init(_ plan: RunPlan, _ model: CoCa, over ranks: any Communicator) {
    self.plan = plan
    self.ranks = ranks
    saved = SavedModel(model: model, tokenizer: plan.tokenizer)
    model.parameters.allocate(training: true)
    shard =
      plan.configuration.shardOptimizer
      ? Shard(BucketPlan(model.parameters, ranks: ranks.size), over: ranks) : nil
    optimizer = plan.configuration.optimizer.optimizer(for: model.parameters, shard: shard)
  }

  /// Writes a checkpoint. Collective; only rank 0 writes.
  /// - Returns: what was saved, on rank 0.
  /// - Throws: the same error on all ranks.
  func save(
    _ progress: TrainingProgress, to folder: CheckpointFolder
  ) throws -> CheckpointFolder.Saved? {
    let collector = try StateCollector(optimizer.state, over: ranks)
    let result = Result {
      guard ranks.rank == 0 else { return CheckpointFolder.Saved?.none }
      return try folder.save(
        CheckpointContents(
          saved, optimizer: optimizer, state: collector.sources, progress,
          seed: plan.configuration.seed, configuration: plan.configuration.json),
        keep: plan.configuration.checkpoint.keep)
    }
    try collector.finish()
    return try together(ranks) { try result.get() }
  }
}
