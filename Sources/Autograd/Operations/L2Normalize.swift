import Tensors

/// Rows scaled to length 1; a row shorter than 1e-12 is divided by that.
public func l2Normalize(_ x: Variable) -> Variable {
  let output = Tensor([x.rows, x.width])
  let norms = Tensor([x.rows])
  kernels.l2_normalize(x.value.pointer, output.pointer, norms.pointer, x.rows, x.width)

  let result = Variable(output, on: x.tape)
  x.tape?.record {
    guard let gradient = result.takeGradient() else { return }
    let dx = Tensor.zeros(output.shape)
    kernels.l2_normalize_backward(
      output.pointer, norms.pointer, gradient.pointer, dx.pointer, x.rows, x.width)
    x.add(dx)
  }
  return result
}
