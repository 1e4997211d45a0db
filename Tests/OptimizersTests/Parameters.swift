import Autograd
import Optimizers
import Tensors

/// Parameters of every kind and of shapes on both sides of each rule, with gradients that are a
/// function of the step.
struct Parameters {
  static let shapes: [(name: String, shape: [Int], kind: Parameter.Kind)] = [
    ("factored", [40, 33], .matrix),
    ("smallest factored", [32, 32], .matrix),
    ("more rows than blocks", [131, 48], .matrix),
    ("factored table", [70, 32], .embedding),
    ("too few rows", [31, 64], .matrix),
    ("too few columns", [64, 31], .matrix),
    ("three dimensions", [2, 32, 32], .matrix),
    ("gain", [50], .vector),
    ("scale", [1], .vector),
  ]

  let set = ParameterSet()

  init() {
    for (name, shape, kind) in Self.shapes {
      _ = set.declare(name, shape, kind, .normal(deviation: 0.5))
    }
    set.allocate(training: true)
    set.initialize(seed: 11)
  }

  func setGradients(step: Int) {
    for parameter in set.parameters {
      let random = CounterRandom(seed: 4, .text(parameter.name), KeyPart(step))
      for index in 0..<parameter.count {
        let size = 1 + 3 * random.uniform(UInt64(index) + 1_000_000)
        parameter.gradient.pointer[index] = Float(0.02 * size * random.normal(UInt64(index)))
      }
    }
  }

  func values(_ name: String) -> [Double] { (set[name]?.value.values ?? []).map(Double.init) }
  func gradient(_ name: String) -> [Double] { (set[name]?.gradient.values ?? []).map(Double.init) }
}

extension OptimizerName {
  static let adafactor = OptimizerName(Adafactor.self)
  static let adamw = OptimizerName(AdamW.self)
}

/// Settings of a test, changed from the defaults in place.
func settings(
  _ name: OptimizerName, _ change: (inout OptimizerSettings) -> Void = { _ in }
) -> OptimizerSettings {
  var settings = OptimizerSettings(name.type)
  change(&settings)
  return settings
}

/// Length of the difference over the length of what was expected.
func relativeError(_ found: [Double], _ expected: [Double]) -> Double {
  let difference = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let size = expected.reduce(0) { $0 + $1 * $1 }
  return found.count == expected.count ? (difference / size).squareRoot() : .infinity
}
