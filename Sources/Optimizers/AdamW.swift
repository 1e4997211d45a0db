import Autograd
import Foundation
import Tensors

/// Adam with decoupled weight decay and bias correction.
/// - Source: Loshchilov, Hutter, arXiv 1711.05101.
public final class AdamW: Optimizer {
  public static let name = "adamw"
  public static let defaultEpsilon = 1e-8
  /// Two moments in float32.
  public static let stateBytes = 8.0

  public var updates = 0
  private let parameters: [Parameter]
  private let settings: OptimizerSettings
  private let shard: Shard?
  private let first: [OptimizerState]
  private let second: [OptimizerState]

  public init(_ parameters: ParameterSet, _ settings: OptimizerSettings, shard: Shard? = nil) {
    self.parameters = parameters.trained
    self.settings = settings
    self.shard = shard
    func zeros(_ moment: String) -> [OptimizerState] {
      parameters.trained.map {
        OptimizerState("\(moment).\($0.name)", shape: $0.shape, rows: shard.rows(of: $0))
      }
    }
    first = zeros("first_moment")
    second = zeros("second_moment")
  }

  public var state: [OptimizerState] { first + second }

  public func update(learningRate: Float, gradientScale: Float) {
    updates += 1
    let (beta1, beta2) = (Float(settings.beta1), Float(settings.beta2))
    let epsilon = Float(settings.epsilon)
    let correction1 = Float(1 - pow(Double(beta1), Double(updates)))
    let correction2 = Float(1 - pow(settings.beta2, Double(updates)))
    for (index, parameter) in parameters.enumerated() {
      let (m, v) = (first[index].tensor.pointer, second[index].tensor.pointer)
      let (value, gradient) = (parameter.value.pointer, parameter.gradient.pointer)
      let before = first[index].held.lowerBound
      let decay = settings.decay.applies(to: parameter) ? Float(settings.weightDecay) : 0
      shard.forEachBlock(of: parameter) { elements in
        let start = elements.lowerBound
        kernels.adamw(
          value + start, gradient + start, m + start - before, v + start - before,
          elements.count, gradientScale, learningRate, beta1, beta2, correction1, correction2,
          epsilon, decay)
      }
    }
  }
}
