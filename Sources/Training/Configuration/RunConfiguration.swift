import CoCaModel
import Collectives
import Optimizers
import Pipeline
import RunFile
import Tensors

/// A run, as the run file describes it: every key has its value, and paths are absolute.
///
/// The value of each property here is the key's default; `keys` has each key's meaning.
public struct RunConfiguration: Section {
  /// Nil where `initial` has it.
  public var model: Model?
  /// `init`: the checkpoint to take weights from.
  public var initial: String?
  /// Nil where `initial` has it or all text is tokens.
  public var tokenizer: String?
  public var data: [SourceSettings] = []
  /// Nil: shards are read where they are.
  public var dataCache: DataCacheSettings?
  public var badSamples = BadSampleSettings()
  /// Pairs per step over all ranks.
  public var batch = 1
  public var lanes = 1
  /// Pairs per forward pass on a rank; nil for the whole share.
  public var microbatch: Int?
  public var length = Length.steps(1)
  public var objective = ObjectiveSettings()
  /// The weight of each of the objective's losses; a weight of 0 leaves that loss out.
  public var loss = LossSettings()
  public var optimizer = OptimizerSettings()
  public var schedule = ScheduleSettings()
  /// Nil: no random changes of pictures.
  public var augment: AugmentSettings? = AugmentSettings()
  public var recompute = Recompute.none
  public var contrastiveExchange = ContrastiveExchange.gather
  /// Of the model's matrix products.
  public var precision = GEMM.Precision.float32
  /// Whether each rank keeps the optimizer's state of only a part of the weights.
  public var shardOptimizer = false
  /// How gradients travel between ranks.
  public var gradientType = Exchange.Wire.float32
  public var overlap = Overlap.auto
  /// Whether every number of ranks that is a power of two gives the same bits.
  public var reproducible = false
  public var nonfinite = Nonfinite.stop
  /// Seconds within which a job that has lost a rank must end.
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
    /// The first steps try the others, and the fastest stays.
    case auto
    /// After the backward pass.
    case off
    /// During it, between its operations.
    case buckets
    /// During it, by a thread that does nothing else.
    case thread
  }

  /// What a layer's forward pass keeps for the backward pass.
  public enum Recompute: String, Sendable, CaseIterable {
    /// All that the backward pass needs.
    case none
    /// The layer's input only: the layer is computed again.
    case blocks
  }

  public enum Nonfinite: String, Sendable, CaseIterable {
    case stop, skip
  }
}
