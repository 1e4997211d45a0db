import Tensors

/// `x · Φ(x)` with the exact normal distribution function, not the tanh approximation.
/// - Source: Hendrycks, Gimpel, arXiv 1606.08415.
public func gelu(_ x: Variable) -> Variable {
  let output = Tensor(x.value.shape)
  Threads.split(x.value.count, grain: 4096) { range in
    kernels.gelu(
      x.value.pointer + range.lowerBound, output.pointer + range.lowerBound, range.count)
  }

  let result = Variable(output, on: x.tape)
  x.tape?.record {
    guard let gradient = result.takeGradient() else { return }
    let dx = Tensor(x.value.shape)
    Threads.split(dx.count, grain: 4096) { range in
      kernels.gelu_backward(
        x.value.pointer + range.lowerBound, gradient.pointer + range.lowerBound,
        dx.pointer + range.lowerBound, range.count)
    }
    x.add(dx)
  }
  return result
}
