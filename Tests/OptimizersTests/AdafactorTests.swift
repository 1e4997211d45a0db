import Autograd
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Adafactor")
struct AdafactorTests {
  @Test("equals the formulas in double precision over eight steps", arguments: [
    OptimizerSettings.DecayRule.matrices, .openclip,
  ], [Float(1), 0.25])
  func formulas(decay: OptimizerSettings.DecayRule, gradientScale: Float) throws {
    let parameters = Parameters()
    let settings = settings(.adafactor) {
      $0.decay = decay
      $0.weightDecay = 0.3
      $0.beta2 = 0.7
    }
    var plain = Dictionary(
      uniqueKeysWithValues: Parameters.shapes.map {
        ($0.name, PlainAdafactor($0.shape, $0.kind, parameters.values($0.name), settings))
      })
    let optimizer = settings.optimizer(for: parameters.set)
    for step in 1...8 {
      parameters.setGradients(step: step)
      let rate = 0.01 * Double(step)
      for (name, _, _) in Parameters.shapes {
        let scaled = parameters.gradient(name).map { $0 * Double(gradientScale) }
        plain[name]?.update(gradient: scaled, rate: rate)
      }
      try optimizer.update(learningRate: Float(rate), gradientScale: gradientScale)
    }
    let moments = Dictionary(uniqueKeysWithValues: optimizer.state.map { ($0.name, $0.tensor) })
    for (name, _, _) in Parameters.shapes {
      let expected = try #require(plain[name])
      #expect(relativeError(parameters.values(name), expected.values) < 2e-6, "\(name)")
      let momentum = moments["first_moment.\(name)"]?.values.map(Double.init) ?? []
      #expect(relativeError(momentum, expected.momentum) < 2e-6, "\(name)")
    }
  }

  @Test("only matrices with both sides of 32 and more are factored")
  func factored() {
    let optimizer = Adafactor(Parameters().set, settings(.adafactor))
    let factored = optimizer.state.map(\.name).filter { $0.hasPrefix("row_moment.") }
    #expect(
      factored == [
        "row_moment.factored", "row_moment.smallest factored", "row_moment.more rows than blocks",
        "row_moment.factored table",
      ])
    let memory = optimizer.state.filter { $0.name.hasSuffix(".more rows than blocks") }
    #expect(memory.map(\.tensor.shape) == [[131, 48], [131], [48]])
  }

  @Test("the first update is the gradient's sign where nothing is factored, whatever its size")
  func firstStep() throws {
    let parameters = Parameters()
    let before = parameters.values("gain")
    parameters.setGradients(step: 1)
    let optimizer = Adafactor(parameters.set, settings(.adafactor) { $0.beta1 = 0 })
    try optimizer.update(learningRate: 0.125, gradientScale: 1)
    for (change, gradient) in zip(
      zip(parameters.values("gain"), before).map { $0 - $1 }, parameters.gradient("gain"))
    {
      #expect(abs(change + (gradient > 0 ? 0.125 : -0.125)) < 1e-6)
    }
  }

  @Test("a gradient of zeros leaves the weights where they are, but for their decay")
  func zeros() throws {
    let parameters = Parameters()
    let before = parameters.set.values.values
    let optimizer = Adafactor(parameters.set, settings(.adafactor) { $0.weightDecay = 0 })
    for _ in 0..<3 { try optimizer.update(learningRate: 0.1, gradientScale: 1) }
    #expect(parameters.set.values.values == before)
  }
}

/// The formulas of the type's documentation, one element after another.
private struct PlainAdafactor {
  let shape: [Int]
  let settings: OptimizerSettings
  let decay: Double
  var values: [Double]
  var momentum: [Double]
  var rows: [Double]
  var columns: [Double]
  var full: [Double]
  var updates = 0

  init(
    _ shape: [Int], _ kind: Parameter.Kind, _ values: [Double], _ settings: OptimizerSettings
  ) {
    self.shape = shape
    self.values = values
    self.settings = settings
    let decays = settings.decay == .openclip ? shape.count > 1 : kind == .matrix
    decay = decays ? Double(Float(settings.weightDecay)) : 0
    momentum = values.map { _ in 0 }
    full = momentum
    rows = Array(repeating: 0, count: shape[0])
    columns = Array(repeating: 0, count: shape.count == 2 ? shape[1] : 0)
  }

  mutating func update(gradient: [Double], rate: Double) {
    updates += 1
    let beta2 = min(settings.beta2, 1 - pow(Double(updates), -0.8))
    let squares = gradient.map { $0 * $0 + Double(Float(settings.epsilon)) }
    let second =
      shape.count == 2 && shape.min() ?? 0 >= 32
      ? factoredMoment(squares, beta2) : fullMoment(squares, beta2)
    let beta1 = Double(Float(settings.beta1))
    for i in values.indices {
      momentum[i] = beta1 * momentum[i] + (1 - beta1) * gradient[i] / second[i].squareRoot()
      values[i] -= rate * (momentum[i] + decay * values[i])
    }
  }

  private mutating func fullMoment(_ squares: [Double], _ beta2: Double) -> [Double] {
    for i in squares.indices { full[i] = beta2 * full[i] + (1 - beta2) * squares[i] }
    return full
  }

  private mutating func factoredMoment(_ squares: [Double], _ beta2: Double) -> [Double] {
    let (height, width) = (shape[0], shape[1])
    for row in 0..<height {
      let mean = squares[row * width..<(row + 1) * width].reduce(0, +) / Double(width)
      rows[row] = beta2 * rows[row] + (1 - beta2) * mean
    }
    for column in 0..<width {
      let mean = (0..<height).reduce(0) { $0 + squares[$1 * width + column] } / Double(height)
      columns[column] = beta2 * columns[column] + (1 - beta2) * mean
    }
    let mean = rows.reduce(0, +) / Double(height)
    return squares.indices.map { rows[$0 / width] * columns[$0 % width] / mean }
  }
}
