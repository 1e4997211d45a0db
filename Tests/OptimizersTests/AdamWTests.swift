import Autograd
import Foundation
import Optimizers
import Testing

@Suite("AdamW")
struct AdamWTests {
  @Test("equals the formulas in double precision over ten steps", arguments: [
    OptimizerSettings.DecayRule.matrices, .openclip,
  ], [Float(1), 0.25])
  func formulas(decay: OptimizerSettings.DecayRule, gradientScale: Float) {
    let parameters = Parameters()
    let settings = settings(.adamw) {
      $0.decay = decay
      $0.weightDecay = 0.3
      $0.beta2 = 0.98
    }
    var plain = Dictionary(
      uniqueKeysWithValues: Parameters.shapes.map {
        ($0.name, PlainAdamW($0.shape, $0.kind, parameters.values($0.name), settings))
      })
    let optimizer = AdamW(parameters.set, settings)
    for step in 1...10 {
      parameters.setGradients(step: step)
      let rate = 0.01 * Double(step)
      for (name, _, _) in Parameters.shapes {
        let scaled = parameters.gradient(name).map { $0 * Double(gradientScale) }
        plain[name]?.update(gradient: scaled, rate: rate)
      }
      optimizer.update(learningRate: Float(rate), gradientScale: gradientScale)
    }
    for (name, _, _) in Parameters.shapes {
      let expected = plain[name]?.values ?? []
      #expect(relativeError(parameters.values(name), expected) < 2e-6, "\(name)")
    }
  }

  @Test("the first update is the learning rate in the gradient's direction: bias is corrected")
  func firstStep() {
    let parameters = Parameters()
    let before = parameters.values("gain")
    parameters.setGradients(step: 1)
    AdamW(parameters.set, settings(.adamw)).update(learningRate: 0.125, gradientScale: 1)
    for (index, gradient) in parameters.gradient("gain").enumerated() {
      let change = parameters.values("gain")[index] - before[index]
      #expect(abs(change + (gradient > 0 ? 0.125 : -0.125)) < 1e-5)
    }
  }

  @Test("decay shrinks the weights by rate times decay and does not pass through the moments")
  func decoupled() {
    let parameters = Parameters()
    let before = parameters.values("factored")
    let optimizer = AdamW(parameters.set, settings(.adamw) { $0.weightDecay = 0.5 })
    for _ in 0..<3 { optimizer.update(learningRate: 0.25, gradientScale: 1) }
    let expected = before.map { $0 * 0.875 * 0.875 * 0.875 }
    #expect(relativeError(parameters.values("factored"), expected) < 1e-6)
    #expect(optimizer.state.allSatisfy { $0.tensor.values.allSatisfy { $0 == 0 } })
  }
}

private struct PlainAdamW {
  let settings: OptimizerSettings
  let decay: Double
  var values: [Double]
  var first: [Double]
  var second: [Double]
  var updates = 0

  init(
    _ shape: [Int], _ kind: Parameter.Kind, _ values: [Double], _ settings: OptimizerSettings
  ) {
    self.settings = settings
    self.values = values
    let decays = settings.decay == .openclip ? shape.count > 1 : kind == .matrix
    decay = decays ? Double(Float(settings.weightDecay)) : 0
    first = values.map { _ in 0 }
    second = first
  }

  mutating func update(gradient: [Double], rate: Double) {
    updates += 1
    let beta1 = Double(Float(settings.beta1)), beta2 = settings.beta2
    for i in values.indices {
      first[i] = beta1 * first[i] + (1 - beta1) * gradient[i]
      second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i]
      let mean = first[i] / (1 - pow(beta1, Double(updates)))
      let square = second[i] / (1 - pow(beta2, Double(updates)))
      let update = mean / (square.squareRoot() + Double(Float(settings.epsilon)))
      values[i] -= rate * (update + decay * values[i])
    }
  }
}
