import Tensors

/// `residual + x · weightᵀ + bias`.
/// - Parameters:
///   - x: `[rows, in]`.
///   - weight: `[out, in]`.
///   - bias: `[out]`.
///   - residual: `[rows, out]`; the residual is added here, without a pass of its own over memory.
/// - Returns: `[rows, out]`.
public func linear(
  _ x: Variable, _ weight: Parameter, _ bias: Parameter? = nil, addingTo residual: Variable? = nil
) -> Variable {
  let inputs = [x] + (residual.map { [$0] } ?? [])
  let parameters = [weight] + (bias.map { [$0] } ?? [])
  return operation(
    "linear", of: inputs, reads: [weight.value], parameters: parameters, on: x.tape
  ) {
    let output = Tensor([x.rows, weight.shape[0]])
    GEMM.multiply(
      Matrix(x.value), Matrix(weight.value).transposed, into: Matrix(output),
      adding: residual.map { Matrix($0.value) }, bias: bias.map { UnsafePointer($0.value.pointer) })
    return output
  } backward: { gradient in
    x.accumulate { dx, keep in
      GEMM.multiply(Matrix(gradient), Matrix(weight.value), into: Matrix(dx), keep: keep)
    }
    if let (sum, keep) = weight.target() {
      GEMM.multiply(Matrix(gradient).transposed, Matrix(x.value), into: Matrix(sum), keep: keep)
    }
    bias?.addPartials(rows: gradient.rows) { rows, partial in
      kernels.column_sums(
        gradient.rows(rows).pointer, partial.pointer, rows.count, gradient.width)
    }
    residual?.add(gradient)
  }
}
