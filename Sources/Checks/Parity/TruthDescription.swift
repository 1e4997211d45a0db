import CoCaModel
import Optimizers

/// The contents of `case.json`.
public struct TruthDescription: Decodable, Sendable {
  struct Loss: Decodable, Sendable {
    let contrastive: Double
    let caption: Double

  }

  /// What is minimised; a loss of weight 0 isn't there.
  var terms: [WeightedTerm] {
    guard classes == nil else { return [WeightedTerm(ClassificationTerm(), 1)] }
    return [
      WeightedTerm(ContrastiveTerm(), loss.contrastive),
      WeightedTerm(CaptionTerm(smoothing: smoothing ?? 0), loss.caption),
    ].filter { $0.weight > 0 }
  }

  struct Updates: Decodable, Sendable {
    let steps: Int
    let optimizer: Optimizer
    let schedule: WarmUp
    let clip: Double?

    func rate(at step: Int) -> Double {
      Schedule(peak: schedule.peak, warmup: schedule.warmup, steps: steps, decay: .cosine)
        .rate(at: step)
    }
  }

  /// A linear warm-up of so many steps; a cosine to zero follows.
  struct WarmUp: Decodable, Sendable {
    let peak: Double
    let warmup: Double
  }

  struct Optimizer: Decodable, Sendable {
    let name: OptimizerName
    let beta1: Double
    let beta2: Double
    let epsilon: Double
    let weightDecay: Double
    let decay: OptimizerSettings.DecayRule

    enum CodingKeys: String, CodingKey {
      case name, beta1, beta2, epsilon
      case weightDecay = "weight_decay"
      case decay
    }

    var settings: OptimizerSettings {
      var settings = OptimizerSettings(name.type)
      settings.beta1 = beta1
      settings.beta2 = beta2
      settings.epsilon = epsilon
      settings.weightDecay = weightDecay
      settings.decay = decay
      return settings
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
  /// Nil in the paper's layout.
  let clsMask: ModelConfiguration.CLSMask?
  let captions: [[Int32]]
  /// Each caption's prefix; nil: none has one.
  let prefixes: [Int]?
  /// Of the captioning loss; nil: none.
  let smoothing: Double?
  /// Each image's classes; nil: they are not learned.
  let classes: [[Int]]?
  let loss: Loss
  let updates: Updates?
  public let greedy: Greedy?
  /// The errors of the reference's own float32, by the tensor's name.
  let errors: [String: Double]

  enum CodingKeys: String, CodingKey {
    case about
    case clsMask = "cls_mask"
    case captions, prefixes, smoothing, classes, loss, updates, greedy, errors
  }
}
