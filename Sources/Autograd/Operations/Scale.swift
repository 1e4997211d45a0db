import Tensors

/// `residual + scale ⊙ x`: a residual branch scaled by learned weights (LayerScale).
/// - Parameters:
///   - x: `[rows, width]`; `residual` likewise.
///   - scale: `[width]`.
/// - Source: Touvron et al., arXiv 2103.17239.
public func scaled(_ x: Variable, by scale: Parameter, addingTo residual: Variable) -> Variable {
  operation(
    "scale", of: [x, residual], parameters: [scale], on: x.tape
  ) {
    let output = Tensor(x.value.shape)
    Threads.split(x.rows, grain: 16) { rows in
      kernels.add_scaled(
        residual.value.rows(rows).pointer, x.value.rows(rows).pointer, scale.value.pointer,
        output.rows(rows).pointer, rows.count, x.width)
    }
    return output
  } backward: { gradient in
    let dx = Tensor(x.value.shape)
    Parameter.sumPartials(rows: x.rows, into: [scale]) { rows, sums in
      kernels.add_scaled_backward(
        x.value.rows(rows).pointer, scale.value.pointer, gradient.rows(rows).pointer,
        dx.rows(rows).pointer, sums[0].pointer, rows.count, x.width)
    }
    x.add(dx)
    residual.add(gradient)
  }
}
