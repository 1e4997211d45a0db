import Autograd

/// What all layers of a stack have in common.
struct StackShape {
  let width: Int
  let heads: Int
  let layers: Int
  let mlp: Int
  let activation: ModelConfiguration.Activation
  /// The start value of the weights that scale each branch; nil: there are none.
  let layerScale: Double?
  var attentionSets = Set<AttentionSet>.standard

  /// The number of residual branches, by which the initial weights are scaled.
  var branches: Int { 2 * layers }

  func scale(_ scope: Scope) -> Parameter? {
    layerScale.map { scope.declare([width], .vector, .constant(Float($0))) }
  }
}

/// `x + scale ⊙ attention(LN(x))`, within each sequence, with one of the sets of weights.
struct SelfAttention {
  let norm: LayerNorm
  private let attentions: [AttentionSet: MultiHeadAttention]
  let scale: Parameter?

  init(_ scope: Scope, _ shape: StackShape) {
    norm = LayerNorm(scope["attentionNorm"], width: shape.width)
    let sets = AttentionSet.allCases.filter(shape.attentionSets.contains)
    attentions = Dictionary(
      uniqueKeysWithValues: sets.map { set in
        let attention = MultiHeadAttention(
          scope[set.parameters], width: shape.width, heads: shape.heads, branches: shape.branches)
        return (set, attention)
      })
    scale = shape.scale(scope["attentionScale"])
  }

  /// - Parameters:
  ///   - prefixes: for each sequence, how many of its first rows all its rows see; nil: none.
  ///   - visible: for each row, whether other rows see it; nil: all are seen.
  ///   - past: the earlier rows of each sequence; these rows are added to them.
  func callAsFunction(
    _ x: Variable, _ segments: Segments, with set: AttentionSet = .causal, isCausal: Bool,
    prefixes: [Int]? = nil, visible: [Bool]? = nil, after past: LayerMemory? = nil
  ) -> Variable {
    guard let attention = attentions[set] else {
      preconditionFailure("the model has no \(set.rawValue) self-attention")
    }
    let input = norm(x)
    let queries = attention.query(input)
    let rows = attention.read(input, segments)
    let found = attention(
      queries, segments, in: past?.appending(rows) ?? rows, isCausal: isCausal,
      prefixes: prefixes, visible: visible)
    return attention.output(found, addingTo: x, times: scale)
  }
}

extension AttentionSet {
  /// What its parameters begin with in a layer.
  fileprivate var parameters: String {
    switch self {
    case .causal: "attention"
    case .bidirectional: "bidirectionalAttention"
    }
  }
}

/// `x + scale ⊙ attention(LN(x), to: LN(image))`.
struct CrossAttention {
  let norm: LayerNorm
  let imageNorm: LayerNorm
  let attention: MultiHeadAttention
  let scale: Parameter?

  init(_ scope: Scope, _ shape: StackShape, imageWidth: Int) {
    norm = LayerNorm(scope["crossNorm"], width: shape.width)
    imageNorm = LayerNorm(scope["imageNorm"], width: imageWidth)
    attention = MultiHeadAttention(
      scope["crossAttention"], width: shape.width, contextWidth: imageWidth, heads: shape.heads,
      branches: shape.branches)
    scale = shape.scale(scope["crossScale"])
  }

  func callAsFunction(
    _ x: Variable, _ segments: Segments, to image: ImageTokens, after past: LayerMemory? = nil
  ) -> Variable {
    let queries = attention.query(norm(x))
    guard let past else {
      let read = ImageTokens(rows: imageNorm(image.rows), segments: image.segments)
      return attention.output(
        attention(queries, segments, reading: read), addingTo: x, times: scale)
    }
    let context = past.image ?? attention.read(imageNorm(image.rows), image.segments)
    past.image = context
    let rows = segments.joined(past.sequencesPerImage)
    return attention.output(attention(queries, rows, in: context), addingTo: x, times: scale)
  }
}

/// `x + scale ⊙ mlp(LN(x))`: two linear layers with an activation between.
struct FeedForward {
  let norm: LayerNorm
  let hidden: Linear
  let output: Linear
  let scale: Parameter?
  let activation: ModelConfiguration.Activation

  /// - Parameter name: the prefix of its parameters' names.
  init(_ scope: Scope, _ shape: StackShape, named name: String = "mlp") {
    norm = LayerNorm(scope[name + "Norm"], width: shape.width)
    hidden = Linear(scope[name]["hidden"], from: shape.width, to: shape.mlp)
    output = Linear(
      scope[name]["output"], from: shape.mlp, to: shape.width, branches: shape.branches)
    scale = shape.scale(scope[name + "Scale"])
    activation = shape.activation
  }

  func callAsFunction(_ x: Variable) -> Variable {
    let h = hidden(norm(x))
    let activated =
      switch activation {
      case .gelu: gelu(h)
      case .quickGELU: quickGELU(h)
      }
    return output(activated, addingTo: x, times: scale)
  }
}
