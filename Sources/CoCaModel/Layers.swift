import Autograd

/// Declares parameters under a dotted name: `scope["layers.0"]["attention"]`.
struct Scope {
  let parameters: ParameterSet
  let path: String

  subscript(name: String) -> Scope {
    Scope(parameters: parameters, path: path.isEmpty ? name : "\(path).\(name)")
  }

  func declare(
    _ shape: [Int], _ kind: Parameter.Kind, _ initialization: Initialization
  ) -> Parameter {
    parameters.declare(path, shape, kind, initialization)
  }
}

/// `x · weightᵀ + bias`; weight `[out, in]`, N(0, 1/√in) divided by √`branches` where the layer
/// ends one of that many residual branches.
struct Linear {
  let weight: Parameter
  let bias: Parameter?

  init(_ scope: Scope, from input: Int, to output: Int, hasBias: Bool = true, branches: Int = 1) {
    let deviation = 1 / (Double(input) * Double(branches)).squareRoot()
    weight = scope["weight"].declare([output, input], .matrix, .normal(deviation: deviation))
    bias = hasBias ? scope["bias"].declare([output], .vector, .zeros) : nil
  }

  func callAsFunction(_ x: Variable, addingTo residual: Variable? = nil) -> Variable {
    linear(x, weight, bias, addingTo: residual)
  }
}

struct LayerNorm {
  let gain: Parameter
  let bias: Parameter

  init(_ scope: Scope, width: Int) {
    gain = scope["gain"].declare([width], .vector, .ones)
    bias = scope["bias"].declare([width], .vector, .zeros)
  }

  func callAsFunction(_ x: Variable) -> Variable { layerNorm(x, gain: gain, bias: bias) }
}

/// Two linear layers with GELU between.
struct MLP {
  let hidden: Linear
  let output: Linear

  init(_ scope: Scope, width: Int, hiddenWidth: Int, branches: Int) {
    hidden = Linear(scope["hidden"], from: width, to: hiddenWidth)
    output = Linear(scope["output"], from: hiddenWidth, to: width, branches: branches)
  }

  func callAsFunction(_ x: Variable, addingTo residual: Variable) -> Variable {
    output(gelu(hidden(x)), addingTo: residual)
  }
}

/// Queries from `x`, keys and values from `context` (or `x` itself).
struct MultiHeadAttention {
  let heads: Int
  let query: Linear
  let key: Linear
  let value: Linear
  let output: Linear

  init(_ scope: Scope, width: Int, contextWidth: Int? = nil, heads: Int, branches: Int = 1) {
    self.heads = heads
    query = Linear(scope["query"], from: width, to: width)
    key = Linear(scope["key"], from: contextWidth ?? width, to: width)
    value = Linear(scope["value"], from: contextWidth ?? width, to: width)
    output = Linear(scope["output"], from: width, to: width, branches: branches)
  }

  /// Self-attention within each segment.
  func callAsFunction(
    _ x: Variable, _ segments: Segments, isCausal: Bool, addingTo residual: Variable
  ) -> Variable {
    let heads = attention(
      query(x), key(x), value(x), heads: heads, queries: segments, keys: segments,
      isCausal: isCausal)
    return output(heads, addingTo: residual)
  }

  /// Cross-attention: segment `i` of `x` to segment `i` of `context`.
  func callAsFunction(
    _ x: Variable, _ segments: Segments, to context: Variable, _ contextSegments: Segments,
    addingTo residual: Variable
  ) -> Variable {
    let heads = attention(
      query(x), key(context), value(context), heads: heads, queries: segments,
      keys: contextSegments)
    return output(heads, addingTo: residual)
  }
}
