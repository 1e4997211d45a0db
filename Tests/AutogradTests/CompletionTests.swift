import Autograd
import Tensors
import TestSupport
import Testing

@Suite("A backward pass tells when a gradient is complete")
struct CompletionTests {
  private func set(_ names: [String]) -> ParameterSet {
    let set = ParameterSet()
    for name in names { _ = set.declare(name, [4, 4], .matrix, .normal(deviation: 1)) }
    set.allocate(training: true)
    set.initialize(seed: 3)
    return set
  }

  /// Runs a backward pass and gives the parameters in the order in which they were complete.
  private func order(
    _ set: ParameterSet, recomputes: Bool = false,
    _ build: (Variable, [Parameter]) -> Variable
  ) -> [String] {
    let tape = Tape(recomputesBlocks: recomputes)
    let x = Variable(constant: Tensor([Float](repeating: 0.5, count: 12), shape: [3, 4]), on: tape)
    let y = build(x, set.parameters)
    y.seed(y.value.copy())
    var order: [String] = []
    var gradients: [[Float]] = []
    tape.backward(of: set.parameters) { parameter in
      order.append(parameter.name)
      gradients.append(parameter.gradient.values)
    }
    for (name, gradient) in zip(order, gradients) {
      #expect(set[name]?.gradient.values == gradient, "\(name) was added to afterwards")
    }
    return order
  }

  @Test("last used is first complete; one that is used twice, after its first use")
  func repeatedUse() {
    let set = set(["a", "b", "c", "unused"])
    let order = order(set) { x, p in
      linear(linear(linear(linear(x, p[0]), p[1]), p[0]), p[2])
    }
    #expect(order == ["unused", "c", "b", "a"])
  }

  @Test("after a recomputed block has run again, unless something before it uses the same")
  func blocks() {
    let set = set(["a", "b", "c", "d"])
    for recomputes in [false, true] {
      let order = order(set, recomputes: recomputes) { x, p in
        let y = block([linear(x, p[0])]) { linear(linear($0[0], p[1]), p[0]) }
        return linear(block([y]) { linear(linear($0[0], p[2]), p[1]) }, p[3])
      }
      #expect(order == ["d", "c", "b", "a"])
    }
  }

  @Test("without a row, and without a gradient that arrives, all the same")
  func empty() {
    let set = set(["a", "b"])
    let tape = Tape()
    let x = Variable(constant: Tensor([0, 4]), on: tape)
    _ = linear(linear(x, set.parameters[0]), set.parameters[1])
    var order: [String] = []
    tape.backward(of: set.parameters) { order.append($0.name) }
    #expect(order == ["b", "a"])
    #expect(set.gradients.values.allSatisfy { $0 == 0 })
  }
}
