import CoCaModel
import Collectives
import Tensors

/// A run, as the run file describes it: everything resolved, paths absolute.
///
/// `docs/configuration.md` has each key's meaning.
public struct RunConfiguration: Sendable, Equatable {
  /// Nil where `initial` brings the model.
  public var model: Model?
  /// `init`: the checkpoint to take weights from.
  public var initial: String?
  /// Nil where `initial` brings it or all text is tokens.
  public var tokenizer: String?
  public var data: [Source]
  /// Nil for shards that are read where they are.
  public var dataCache: DataCache?
  public var badSamples: BadSamples
  /// Pairs per step over all ranks.
  public var batch: Int
  public var lanes: Int
  /// Pairs per forward pass on a rank; nil for the whole share.
  public var microbatch: Int?
  public var length: Length
  public var objective: ObjectiveName
  /// The weight of each of the objective's terms; 0 takes it out.
  public var loss: [String: Double]
  public var optimizer: Optimizer
  public var schedule: Schedule
  /// Nil for nothing random.
  public var augment: Augment?
  public var recompute: Recompute
  public var contrastiveExchange: ContrastiveExchange
  /// Of the model's products.
  public var precision: GEMM.Precision
  /// Whether each rank keeps the optimizer's state of a part of the weights only.
  public var shardOptimizer: Bool
  /// How gradients travel between ranks.
  public var gradientType: Exchange.Wire
  public var overlap: Overlap
  /// Whether every power of two of ranks gives the same bits.
  public var reproducible: Bool
  public var nonfinite: Nonfinite
  /// Seconds in which a job that lost a rank is to be over.
  public var deadline: Double
  public var checkpoint: Saving
  public var validation: Validation
  public var log: Log
  public var seed: UInt64
}
