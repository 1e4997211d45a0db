import Optimizers
import Testing

@Suite("Gradient norm")
struct GradientNormTests {
  @Test("is the square root of the sum of all squares")
  func value() {
    let parameters = Parameters()
    parameters.setGradients(step: 1)
    let squares = parameters.set.gradients.values.reduce(0) { $0 + Double($1) * Double($1) }
    let norm = GradientNorm(parameters.set)
    #expect(abs(norm.value - squares.squareRoot()) < 1e-12 * squares)
    #expect(norm.nonfinite.isEmpty)
  }

  @Test("every parameter's own norm is told, in the order of the set")
  func parts() {
    let parameters = Parameters()
    parameters.setGradients(step: 1)
    let norms = GradientNorm(parameters.set).norms
    #expect(norms.map(\.parameter) == parameters.set.parameters.map(\.name))
    for (parameter, found) in zip(parameters.set.parameters, norms) {
      let squares = parameter.gradient.values.reduce(0) { $0 + Double($1) * Double($1) }
      #expect(abs(found.norm - squares.squareRoot()) <= 1e-12 * found.norm)
    }
  }

  @Test("the scale brings a longer gradient to the limit and leaves a shorter one alone")
  func scale() {
    let parameters = Parameters()
    parameters.set.gradients.pointer[0] = 3
    parameters.set.gradients.pointer[parameters.set.count - 1] = -4
    let norm = GradientNorm(parameters.set)
    #expect(norm.value == 5)
    #expect(abs(norm.scale(limit: 1) - 0.2) < 1e-6)
    #expect(norm.scale(limit: 6) == 1)
    #expect(norm.scale(limit: nil) == 1)
    parameters.set.gradients.fill(0)
    #expect(GradientNorm(parameters.set).scale(limit: 1) == 1)
  }

  @Test("names each parameter with an infinity or NaN, and no other", arguments: [
    Float.nan, .infinity, -.infinity,
  ])
  func nonfinite(value: Float) throws {
    let parameters = Parameters()
    parameters.setGradients(step: 1)
    try #require(parameters.set["too few rows"]).gradient.pointer[77] = value
    try #require(parameters.set["scale"]).gradient.pointer[0] = value
    let norm = GradientNorm(parameters.set)
    #expect(norm.nonfinite == ["too few rows", "scale"])
    #expect(!norm.value.isFinite)
  }

  @Test("gradients whose squares leave float's range are still numbers")
  func large() {
    let parameters = Parameters()
    parameters.set.gradients.fill(1e30)
    let norm = GradientNorm(parameters.set)
    #expect(norm.nonfinite.isEmpty)
    let expected = 1e30 * Double(parameters.set.count).squareRoot()
    #expect(abs(norm.value / expected - 1) < 1e-6)
  }
}
