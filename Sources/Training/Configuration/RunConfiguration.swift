import CoCaModel
import Collectives
import Optimizers
import Pipeline
import RunFile
import Tensors

/// A run, as the run file describes it: everything resolved, paths absolute.
///
/// Each value here is the default; `keys` has each key's meaning.
public struct RunConfiguration: Section {
  /// Nil where `initial` brings the model.
  public var model: Model?
  /// `init`: the checkpoint to take weights from.
  public var initial: String?
  /// Nil where `initial` brings it or all text is tokens.
  public var tokenizer: String?
  public var data: [SourceSettings] = []
  /// Nil for shards that are read where they are.
  public var dataCache: DataCacheSettings?
  public var badSamples = BadSampleSettings()
  /// Pairs per step over all ranks.
  public var batch = 1
  public var lanes = 1
  /// Pairs per forward pass on a rank; nil for the whole share.
  public var microbatch: Int?
  public var length = Length.steps(1)
  public var objective = ObjectiveName.coca
  /// The weight of each of the objective's losses; 0 takes one out.
  public var loss = LossSettings()
  public var optimizer = OptimizerSettings()
  public var schedule = ScheduleSettings()
  /// Nil for nothing random.
  public var augment: AugmentSettings? = AugmentSettings()
  public var recompute = Recompute.none
  public var contrastiveExchange = ContrastiveExchange.gather
  /// Of the model's products.
  public var precision = GEMM.Precision.float32
  /// Whether each rank keeps the optimizer's state of a part of the weights only.
  public var shardOptimizer = false
  /// How gradients travel between ranks.
  public var gradientType = Exchange.Wire.float32
  public var overlap = Overlap.auto
  /// Whether every power of two of ranks gives the same bits.
  public var reproducible = false
  public var nonfinite = Nonfinite.stop
  /// Seconds in which a job that lost a rank is to be over.
  public var deadline = 300.0
  public var checkpoint = CheckpointSettings()
  public var validation = ValidationSettings()
  public var log = LogSettings()
  public var seed: UInt64 = 0

  public init() {}
}

extension RunConfiguration {
  /// When gradients travel between ranks.
  public enum Overlap: String, Sendable, CaseIterable {
    /// By a trial of the others.
    case auto
    /// After the backward pass.
    case off
    /// During it, between its operations.
    case buckets
    /// During it, moved by a thread of their own.
    case thread
  }

  /// What the backward pass finds of a layer.
  public enum Recompute: String, Sendable, CaseIterable {
    /// All that it needs.
    case none
    /// The layer's input: it runs again.
    case blocks
  }

  public enum Nonfinite: String, Sendable, CaseIterable {
    case stop, skip
  }
}
