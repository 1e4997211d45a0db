import Tensors

/// `x · Φ(x)` for any shape, with the exact normal distribution function, not the tanh
/// approximation.
/// - Source: Hendrycks, Gimpel, arXiv 1606.08415.
public func gelu(_ x: Variable) -> Variable {
  elementwise("GELU", x, kernels.gelu, kernels.gelu_backward)
}

/// `x · σ(1.702 x)` for any shape; OpenAI's CLIP was trained with it.
/// - Source: Hendrycks, Gimpel, arXiv 1606.08415 §2.
public func quickGELU(_ x: Variable) -> Variable {
  elementwise("QuickGELU", x, kernels.quick_gelu, kernels.quick_gelu_backward)
}

private typealias Read = UnsafePointer<Float>
private typealias Write = UnsafeMutablePointer<Float>

private func elementwise(
  _ name: String, _ x: Variable, _ forward: @escaping @convention(c) (Read, Write, Int) -> Void,
  _ backward: @escaping @convention(c) (Read, Read, Write, Int) -> Void
) -> Variable {
  operation(name, of: [x], isLight: true, on: x.tape) {
    let output = Tensor(x.value.shape)
    Threads.split(x.value.count, grain: 4096) { range in
      forward(x.value.pointer + range.lowerBound, output.pointer + range.lowerBound, range.count)
    }
    return output
  } backward: { gradient in
    // In place: nothing else reads this gradient.
    Threads.split(gradient.count, grain: 4096) { range in
      let gradient = gradient.pointer + range.lowerBound
      backward(x.value.pointer + range.lowerBound, gradient, gradient, range.count)
    }
    x.add(gradient)
  }
}
