import Tensors

/// Layer normalisation over the last axis, biased variance.
/// - Parameters:
///   - x: `[rows, width]`.
///   - gain: `[width]`.
///   - bias: `[width]`.
/// - Source: Ba, Kiros, Hinton, arXiv 1607.06450.
public func layerNorm(
  _ x: Variable, gain: Parameter, bias: Parameter, epsilon: Float = 1e-5
) -> Variable {
  let mean = Tensor([x.rows]), deviation = Tensor([x.rows])
  return operation(
    "layer norm", of: [x], parameters: [gain, bias], isLight: true, on: x.tape
  ) {
    let output = Tensor([x.rows, x.width])
    Threads.split(x.rows, grain: 16) { rows in
      kernels.layer_norm(
        x.value.rows(rows).pointer, gain.value.pointer, bias.value.pointer,
        output.rows(rows).pointer, mean.pointer + rows.lowerBound,
        deviation.pointer + rows.lowerBound, rows.count, x.width, epsilon)
    }
    return output
  } backward: { gradient in
    let (dx, keep) = x.target()
    Parameter.sumPartials(rows: x.rows, into: [gain, bias]) { rows, sums in
      kernels.layer_norm_backward(
        x.value.rows(rows).pointer, gain.value.pointer, mean.pointer + rows.lowerBound,
        deviation.pointer + rows.lowerBound, gradient.rows(rows).pointer,
        dx.rows(rows).pointer, Int32(keep), sums[0].pointer, sums[1].pointer, rows.count, x.width)
    }
  }
}
