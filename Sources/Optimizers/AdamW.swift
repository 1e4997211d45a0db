import Autograd
import Foundation
import Tensors

/// Adam with decoupled weight decay and bias correction.
/// - Source: Loshchilov, Hutter, arXiv 1711.05101.
public final class AdamW: Optimizer {
  public var updates = 0
  private let parameters: [Parameter]
  private let settings: OptimizerSettings
  private let first: [Tensor]
  private let second: [Tensor]

  public init(_ parameters: ParameterSet, _ settings: OptimizerSettings) {
    self.parameters = parameters.parameters
    self.settings = settings
    first = parameters.parameters.map { Tensor.zeros($0.shape) }
    second = parameters.parameters.map { Tensor.zeros($0.shape) }
  }

  public var state: [(name: String, tensor: Tensor)] {
    zip(parameters, first).map { ("first_moment.\($0.name)", $1) }
      + zip(parameters, second).map { ("second_moment.\($0.name)", $1) }
  }

  public func update(learningRate: Float, gradientScale: Float) {
    updates += 1
    let correction1 = Float(1 - pow(Double(settings.beta1), Double(updates)))
    let correction2 = Float(1 - pow(settings.beta2, Double(updates)))
    for (index, parameter) in parameters.enumerated() {
      let (m, v) = (first[index].pointer, second[index].pointer)
      let decay = settings.decay.applies(to: parameter) ? settings.weightDecay : 0
      Threads.split(parameter.count, grain: 16_384) { range in
        kernels.adamw(
          parameter.value.pointer + range.lowerBound, parameter.gradient.pointer + range.lowerBound,
          m + range.lowerBound, v + range.lowerBound, range.count, gradientScale, learningRate,
          settings.beta1, Float(settings.beta2), correction1, correction2, settings.epsilon, decay)
      }
    }
  }
}
