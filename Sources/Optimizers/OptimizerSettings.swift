import Autograd
import RunFile

/// The `optimizer:` section of a run file.
public struct OptimizerSettings: Section {
  /// Which weights shrink towards zero.
  public enum DecayRule: String, Sendable, CaseIterable, Codable {
    /// The weights of linear layers, patches and the vocabulary.
    case matrices
    /// open_clip 3.3.0's rule: everything with two dimensions, embeddings and positions too.
    case openclip

    public func applies(to parameter: Parameter) -> Bool {
      switch self {
      case .matrices: parameter.kind == .matrix
      case .openclip: parameter.shape.count >= 2
      }
    }
  }

  public var name: OptimizerName
  /// The largest learning rate.
  public var lr = 8e-4
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon: Double
  public var weightDecay = 0.01
  /// The largest norm of the gradient; nil for no clipping.
  public var clip: Double? = 1
  public var decay = DecayRule.matrices

  public init() { self.init(Adafactor.self) }

  /// The defaults of an optimizer.
  public init(_ type: any Optimizer.Type) {
    (name, epsilon) = (OptimizerName(type), type.defaultEpsilon)
  }

  /// - Parameter shard: the rows that this rank updates; nil: all.
  public func optimizer(for parameters: ParameterSet, shard: Shard? = nil) -> any Optimizer {
    name.type.init(parameters, self, shard: shard)
  }
}

extension OptimizerSettings {
  public static let keys: [Key<Self>] = [
    Key("name", \.name, .choice, "the rule that computes the update `u`"),
    Key("lr", \.lr, .number(above: 0, upTo: 1e37), "the largest learning rate"),
    Key("beta1", \.beta1, moment, "decay rate of the moving average of updates"),
    Key("beta2", \.beta2, moment, """
      decay rate of the moving average of squared gradients; Adafactor uses min(beta2, 1 - t^-0.8) \
      at step t
      """),
    // A float32 must hold it: with 0 a gradient of zeros would become 0/0.
    Key("epsilon", \.epsilon, .number(1e-37...1), default: epsilons, """
      keeps divisions finite; null: the optimizer's default
      """),
    Key("weight_decay", \.weightDecay, .number(0...1e37), "decoupled weight decay"),
    Key("clip", \.clip, .orNull(.number(above: 0, upTo: 1e37)), """
      the largest norm of the gradient; null: no clipping
      """),
    Key("decay", \.decay, .choice, """
      which weights decay. `matrices`: those of linear layers, patches and the vocabulary; \
      `openclip`: those by open_clip 3.3.0's rule
      """),
  ]

  // Computed in float32: a value that is rounded to 1 there would lead to a division by 0.
  private static let moment: Kind<Double> = .number("a number from 0 to 0.9999999") {
    $0 >= 0 && Float($0) < 1
  }

  private static let epsilons = OptimizerName.allCases
    .map { "\($0.type.defaultEpsilon.short) for `\($0.rawValue)`" }.joined(separator: ", ")

  public mutating func complete(_ mapping: Mapping, after others: [Self]) {
    if !mapping.isGiven("epsilon") { epsilon = name.type.defaultEpsilon }
  }
}
