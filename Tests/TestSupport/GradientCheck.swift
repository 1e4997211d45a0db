import Autograd
import Tensors
import Testing

/// Compares every parameter's gradient with central differences of `loss`, at a few elements of
/// each: five-point differences of a loss that is added up in double precision.
/// - Parameters:
///   - elements: how many elements of each parameter are tried.
///   - backward: fills the gradients (zero before) for the present values.
///   - loss: evaluates at the present values.
public func checkGradients(
  of parameters: ParameterSet, elements: Int = 12, step: Float = 0.02, tolerance: Double = 2e-3,
  backward: () throws -> Void, loss: () throws -> Double
) rethrows {
  parameters.gradients.fill(0)
  try backward()
  let gradients = parameters.parameters.map { $0.gradient.copy() }
  for (parameter, gradient) in zip(parameters.parameters, gradients) {
    let scale = gradient.values.map { Double(abs($0)) }.max() ?? 0
    let random = CounterRandom(seed: 1, "checked elements", .text(parameter.name))
    for trial in 0..<min(elements, parameter.count) {
      let index =
        parameter.count <= elements ? trial : random.below(parameter.count, at: UInt64(trial))
      let numeric = try derivative(parameter, index, step, loss)
      let found = Double(gradient.pointer[index])
      #expect(
        abs(numeric - found) <= tolerance * scale + 1e-4,
        "\(parameter.name)[\(index)]: \(found), by differences \(numeric), largest \(scale)")
    }
  }
}

private func derivative(
  _ parameter: Parameter, _ index: Int, _ step: Float, _ loss: () throws -> Double
) rethrows -> Double {
  let value = parameter.value.pointer[index]
  func at(_ offset: Float) throws -> Double {
    parameter.value.pointer[index] = value + offset
    defer { parameter.value.pointer[index] = value }
    return try loss()
  }
  let near = try at(step) - at(-step), far = try at(2 * step) - at(-2 * step)
  return (8 * near - far) / (12 * Double(step))
}

/// Gradient check of one operation: the loss is a fixed random combination of its output.
/// - Parameter operation: builds the output from the parameters, recording on the tape if given.
public func checkGradients(
  of parameters: ParameterSet, _ operation: (Tape?) -> Variable
) {
  let weights = CounterRandom(seed: 3, "output weights")
  func combine(_ output: Tensor) -> Double {
    (0..<output.count).reduce(0) { $0 + weights.normal(UInt64($1)) * Double(output.pointer[$1]) }
  }
  checkGradients(
    of: parameters,
    backward: {
      let tape = Tape()
      let output = operation(tape)
      let seed = Tensor(output.value.shape)
      for i in 0..<seed.count { seed.pointer[i] = Float(weights.normal(UInt64(i))) }
      output.seed(seed)
      tape.backward()
    },
    loss: { combine(operation(nil).value) })
}

/// Parameters with random values: shapes by name.
public func randomParameters(_ shapes: KeyValuePairs<String, [Int]>, deviation: Double = 1)
  -> ParameterSet
{
  let set = ParameterSet()
  for (name, shape) in shapes {
    _ = set.declare(name, shape, .matrix, .normal(deviation: deviation))
  }
  set.allocate(training: true)
  set.initialize(seed: 5)
  return set
}
