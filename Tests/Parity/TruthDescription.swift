import CoCaModel
import Optimizers

/// What stands in `case.json`.
public struct TruthDescription: Decodable, Sendable {
  public struct Loss: Decodable, Sendable {
    let contrastive: Double
    let caption: Double
  }

  public struct Updates: Decodable, Sendable {
    public let steps: Int
    let optimizer: Optimizer
    /// Linear warm-up, then half a cosine.
    let schedule: Peak
    let clip: Double?

    var schedules: Schedule {
      Schedule(peak: schedule.peak, warmup: schedule.warmup, steps: steps, decay: .cosine)
    }

    var settings: OptimizerSettings {
      var settings = OptimizerSettings()
      settings.name = optimizer.name
      settings.beta1 = optimizer.beta1
      settings.beta2 = optimizer.beta2
      settings.epsilon = optimizer.epsilon
      settings.weightDecay = optimizer.weightDecay
      settings.decay = optimizer.decay
      return settings
    }
  }

  struct Peak: Decodable, Sendable {
    let peak: Double
    let warmup: Double
  }

  struct Optimizer: Decodable, Sendable {
    let name: OptimizerSettings.Name
    let beta1: Float
    let beta2: Double
    let epsilon: Float
    let weightDecay: Float
    let decay: OptimizerSettings.DecayRule

    enum CodingKeys: String, CodingKey {
      case name, beta1, beta2, epsilon
      case weightDecay = "weight_decay"
      case decay
    }
  }

  /// Captions that the reference generates.
  public struct Greedy: Decodable, Sendable {
    public let start: Int32
    public let end: Int32
    public let limit: Int
    public let captions: [[Int32]]
  }

  public let about: String
  /// Only in open_clip's layout.
  let clsMask: ModelConfiguration.CLSMask?
  let captions: [[Int32]]
  let loss: Loss
  public let updates: Updates?
  public let greedy: Greedy?
  /// Of the reference's own float32, by the tensor's name.
  let errors: [String: Double]

  enum CodingKeys: String, CodingKey {
    case about
    case clsMask = "cls_mask"
    case captions, loss, updates, greedy, errors
  }
}
