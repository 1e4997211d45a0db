/// A part of the network, such as a layer, that the backward pass can compute again.
///
/// On a tape that recomputes blocks, only the inputs are kept and `body` runs twice. On another
/// tape only its light values are computed twice. Values and gradients are the same to the bit.
/// - Parameter body: may read no variables of the tape except those it is given.
/// - Source: Chen et al., arXiv 1604.06174.
public func block(_ inputs: [Variable], _ body: @escaping ([Variable]) -> Variable) -> Variable {
  guard let tape = inputs.first?.tape else { return body(inputs) }
  guard tape.recomputesBlocks else { return tape.forgetting { body(inputs) } }
  let listener = Tape.listening()
  let result = Variable(copy: body(inputs.map { Variable(copy: $0, on: listener) }), on: tape)
  guard !result.isConstant else { return result }
  tape.record(listener.parameters) {
    guard let gradient = result.takeGradient() else { return }
    let again = Tape()
    let copies = inputs.map { Variable(copy: $0, on: again) }
    body(copies).seed(gradient)
    again.backward()
    for (input, copy) in zip(inputs, copies) {
      if let gradient = copy.takeGradient() { input.add(gradient) }
    }
  }
  return result
}
