import Autograd
import Optimizers
import Tensors
import Testing

@Suite("Optimizers")
struct OptimizerTests {
  @Test("state by name holds all that the next updates depend on", arguments:
    OptimizerName.allCases)
  func roundTrip(name: OptimizerName) throws {
    let unbroken = Parameters(), first = Parameters(), second = Parameters()
    let whole = settings(name).optimizer(for: unbroken.set)
    let before = settings(name).optimizer(for: first.set)
    for step in 1...6 { try update(unbroken, whole, step: step) }
    for step in 1...3 { try update(first, before, step: step) }

    let after = settings(name).optimizer(for: second.set)
    second.set.values.pointer.update(from: first.set.values.pointer, count: first.set.count)
    let saved = Dictionary(uniqueKeysWithValues: before.state.map { ($0.name, $0.tensor.values) })
    #expect(saved.count == before.state.count)
    for part in after.state {
      for (index, value) in (saved[part.name] ?? []).enumerated() {
        part.tensor.pointer[index] = value
      }
    }
    after.updates = before.updates
    for step in 4...6 { try update(second, after, step: step) }
    #expect(second.set.values.values == unbroken.set.values.values)
    #expect(after.updates == 6)
  }

  @Test("state names hold the parameter's name and never repeat", arguments:
    OptimizerName.allCases)
  func names(name: OptimizerName) {
    let parameters = Parameters()
    let names = settings(name).optimizer(for: parameters.set).state.map(\.name)
    #expect(Set(names).count == names.count)
    for parameter in parameters.set.parameters {
      #expect(names.contains("first_moment.\(parameter.name)"))
    }
  }

  @Test("state takes as many bytes for each weight of a matrix as the optimizer says", arguments:
    OptimizerName.allCases)
  func bytes(name: OptimizerName) {
    let set = ParameterSet()
    _ = set.declare("matrix", [256, 128], .matrix, .zeros)
    set.allocate(training: true)
    let state = settings(name).optimizer(for: set).state
    let bytes = Double(state.reduce(0) { $0 + $1.tensor.bytes }) / Double(set.count)
    #expect(abs(bytes / name.type.stateBytes - 1) < 0.02, "\(bytes)")
  }

  @Test("names read what they write, and no other word")
  func words() {
    for name in OptimizerName.allCases { #expect(OptimizerName(rawValue: name.rawValue) == name) }
    #expect(OptimizerName(rawValue: "sgd") == nil)
    #expect(Set(OptimizerName.allCases).count == OptimizerName.allCases.count)
  }

  @Test("updates and norm have the same bits for one thread and for three", arguments:
    OptimizerName.allCases)
  func threads(name: OptimizerName) async throws {
    let alone: [UInt32] = try Self.bits(after: 3, of: name)
    #expect(alone.count > 10_000)
    await #expect(processExitsWith: .success) { [name] in try Self.compareThreads(name) }
  }

  /// In a process of its own: the team of threads belongs to the whole process.
  private static func compareThreads(_ name: OptimizerName) throws {
    try Threads.start(1)
    let alone = try bits(after: 3, of: name)
    try Threads.start(3)
    #expect(Threads.count == 3)
    #expect(try bits(after: 3, of: name) == alone)
  }

  private static func bits(
    after steps: Int, of name: OptimizerName
  ) throws -> [UInt32] {
    let parameters = Parameters()
    let optimizer = settings(name).optimizer(for: parameters.set)
    var norm = 0.0
    for step in 1...steps {
      parameters.setGradients(step: step)
      norm += GradientNorm(parameters.set).value
      try optimizer.update(learningRate: 0.01, gradientScale: 0.5)
    }
    return parameters.set.values.values.map(\.bitPattern)
      + [UInt32(truncatingIfNeeded: norm.bitPattern), UInt32(norm.bitPattern >> 32)]
  }

  private func update(_ parameters: Parameters, _ optimizer: any Optimizer, step: Int) throws {
    parameters.setGradients(step: step)
    try optimizer.update(learningRate: 0.01, gradientScale: 0.5)
  }
}
