import Tensors

/// Rows of `[rows, width]` scaled to length 1; a row shorter than 1e-12 is divided by that.
public func l2Normalize(_ x: Variable) -> Variable {
  let output = Tensor([x.rows, x.width])
  let norms = Tensor([x.rows])
  return operation("L2 normalize", of: [x], on: x.tape) {
    kernels.l2_normalize(x.value.pointer, output.pointer, norms.pointer, x.rows, x.width)
    return output
  } backward: { gradient in
    let dx = Tensor.zeros(output.shape)
    kernels.l2_normalize_backward(
      output.pointer, norms.pointer, gradient.pointer, dx.pointer, x.rows, x.width)
    x.add(dx)
  }
}
