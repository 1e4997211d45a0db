import Checkpoints
import Evaluation
import JSON
import Optimizers
import Records

extension RunConfiguration {
  /// Where the model's configuration comes from.
  public enum Model: Sendable, Equatable {
    case preset(String)
    /// A YAML or JSON file, or a checkpoint's folder.
    case file(String)
    /// Keys of the model's configuration, on top of a preset if one is named.
    case mapping(JSONValue, base: String?)
  }

  /// How long the run is.
  public enum Length: Sendable, Equatable {
    case steps(Int)
    case epochs(Double)
    case samples(Int)
  }

  /// One source of pairs.
  public struct Source: Sendable, Equatable {
    public enum Text: Sendable, Equatable {
      case caption, labels, tokens
      /// `caption`, `labels` and keys of `KEY.json`, with weights above 0, sorted by name.
      case fields([Field])
    }

    public struct Field: Sendable, Equatable {
      public var name: String
      public var weight: Double

      public init(name: String, weight: Double) {
        self.name = name
        self.weight = weight
      }
    }

    /// As in the run file; names it in logs. Differs from source to source.
    public var name: String
    public var records: [String]
    /// Nil in all sources: in proportion to their samples.
    public var weight: Double?
    public var text: Text
    /// Only with `labels`, alone or among the fields.
    public var prompts: PromptChoice?
  }

  public enum PromptChoice: Sendable, Equatable {
    case standard
    case off
    case file(String)
  }

  public struct DataCache: Sendable, Equatable {
    public var folder: String
    public var limit: ByteSize
  }

  public struct BadSamples: Sendable, Equatable {
    public enum Policy: String, Sendable, CaseIterable {
      case skip, fail
    }

    public var policy: Policy
    /// The fraction of samples above which the run ends.
    public var limit: Double
  }

  public struct Optimizer: Sendable, Equatable {
    public typealias Name = OptimizerSettings.Name
    public typealias Decay = OptimizerSettings.DecayRule

    public var name: Name
    public var lr: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// Largest norm of the gradient; nil for no clipping.
    public var clip: Double?
    public var decay: Decay
  }

  public struct Schedule: Sendable, Equatable {
    public typealias Decay = Optimizers.Schedule.Decay

    public enum Warmup: Sendable, Equatable {
      /// Of the run's steps, below 1.
      case fraction(Double)
      case steps(Int)
    }

    public var warmup: Warmup
    public var decay: Decay
  }

  public struct Augment: Sendable, Equatable {
    /// The area of the random crop, as a fraction.
    public var crop: ClosedRange<Double>
    /// Nil, or how many times the model's size a picture gets before a window is cut out of it;
    /// then there is no random crop.
    public var resize: Double?
    public var flip: Bool
  }

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

  public struct Saving: Sendable, Equatable {
    /// Steps; nil for not by steps.
    public var every: Int?
    /// Nil for not by time.
    public var minutes: Double?
    /// Nil for all.
    public var keep: Int?
  }

  public struct Validation: Sendable, Equatable {
    public struct Set: Sendable, Equatable {
      public var name: String
      public var records: [String]
      public var task: TaskName
      /// Of the task's options; paths are absolute.
      public var options: TaskValues
      /// Samples at most; nil for all.
      public var limit: Int?
    }

    /// Steps.
    public var every: Int
    public var sets: [Set]
  }

  public struct Log: Sendable, Equatable {
    /// Steps.
    public var every: Int
    /// Whether `samples.jsonl` is written.
    public var keys: Bool
    /// Whether event files are written.
    public var tensorboard: Bool
    /// Steps between histograms of gradients' norms; nil: none.
    public var histograms: Int?
  }
}
