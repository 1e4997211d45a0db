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

/// `x · weightᵀ + bias`; weight `[out, in]`, from N(0, 1/√in), divided by √`branches` where the
/// layer ends one of that many residual branches.
struct Linear {
  let weight: Parameter
  let bias: Parameter?

  init(_ scope: Scope, from input: Int, to output: Int, hasBias: Bool = true, branches: Int = 1) {
    let deviation = 1 / (Double(input) * Double(branches)).squareRoot()
    weight = scope["weight"].declare([output, input], .matrix, .normal(deviation: deviation))
    bias = hasBias ? scope["bias"].declare([output], .vector, .zeros) : nil
  }

  func callAsFunction(_ x: Variable) -> Variable { linear(x, weight, bias) }

  /// `residual + scale ⊙ (x · weightᵀ + bias)`; without a scale, `residual + x · weightᵀ + bias`.
  func callAsFunction(
    _ x: Variable, addingTo residual: Variable, times scale: Parameter?
  ) -> Variable {
    guard let scale else { return linear(x, weight, bias, addingTo: residual) }
    return scaled(self(x), by: scale, addingTo: residual)
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

/// Queries from one sequence, keys and values from another or the same.
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

  func read(_ context: Variable, _ segments: Segments) -> KeysAndValues {
    KeysAndValues(keys: key(context), values: value(context), segments: segments)
  }

  /// The attention's result before the output projection.
  func callAsFunction(
    _ queries: Variable, _ segments: Segments, in context: KeysAndValues, isCausal: Bool = false,
    prefixes: [Int]? = nil, visible: [Bool]? = nil
  ) -> Variable {
    attention(
      queries, context.keys, context.values, heads: heads, queries: segments,
      keys: context.segments, isCausal: isCausal, prefixes: prefixes, visible: visible)
  }
}

extension MultiHeadAttention {
  /// Attention to a context that nothing else reads: with keys and values of the context, or
  /// without them where that takes fewer operations. The results are the same up to rounding.
  func callAsFunction(
    _ queries: Variable, _ segments: Segments, reading context: ImageTokens
  ) -> Variable {
    let cost = ContextCost(
      queries: queries.rows, keys: context.rows.rows, keysPerQuery: context.segments.longest,
      width: queries.width, contextWidth: context.rows.width, heads: heads)
    guard !cost.makesKeys, let valueBias = value.bias else {
      return self(queries, segments, in: read(context.rows, context.segments))
    }
    return Autograd.attention(
      queries, toContext: context.rows, key: key.weight, value: value.weight,
      valueBias: valueBias, heads: heads, queries: segments, keys: context.segments)
  }
}

/// The keys and values of a batch of sequences: `[segments.rows, width]` each.
struct KeysAndValues {
  let keys: Variable
  let values: Variable
  let segments: Segments
}
