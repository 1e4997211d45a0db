import Autograd
import Tensors
import Testing

@Suite("Blocks")
struct BlockTests {
  /// The gradients of an input and of all parameters, after a norm, a linear layer and GELU.
  private func gradients(inBlock: Bool, recomputed: Bool = false) -> [Float] {
    let parameters = ParameterSet()
    func declare(_ name: String, _ shape: [Int]) -> Parameter {
      parameters.declare(name, shape, .matrix, .normal(deviation: 0.5))
    }
    let x = declare("x", [512, 64]), gain = declare("gain", [64]), bias = declare("bias", [64])
    let up = declare("up", [256, 64]), down = declare("down", [64, 256])
    parameters.allocate(training: true)
    parameters.initialize(seed: 7)
    let tape = Tape(recomputesBlocks: recomputed)
    func body(_ x: Variable) -> Variable {
      linear(gelu(linear(layerNorm(x, gain: gain, bias: bias), up)), down, addingTo: x)
    }
    let input = Variable(x, on: tape)
    let output = inBlock ? block([input]) { body($0[0]) } : body(input)
    output.seed(output.value)
    tape.backward()
    return parameters.gradients.values
  }

  @Test("a block's gradients are its operations' to the bit", arguments: [false, true])
  func sameBits(recomputed: Bool) {
    let plain = gradients(inBlock: false)
    #expect(plain.contains { $0 != 0 })
    #expect(gradients(inBlock: true, recomputed: recomputed) == plain)
  }
}
