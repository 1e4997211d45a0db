import Autograd
import Tensors
import TestSupport
import Testing

@Suite("Operations against central differences")
struct OperationTests {
  private func parameter(_ set: ParameterSet, _ name: String) throws -> Parameter {
    try #require(set[name])
  }

  @Test("linear, with and without bias and residual", arguments: [false, true], [false, true])
  func linearGradients(hasBias: Bool, hasResidual: Bool) throws {
    let set = randomParameters(["x": [5, 7], "w": [3, 7], "b": [3], "r": [5, 3]])
    let x = try parameter(set, "x"), w = try parameter(set, "w")
    let b = try parameter(set, "b"), r = try parameter(set, "r")
    checkGradients(of: set) { tape in
      linear(
        Variable(x, on: tape), w, hasBias ? b : nil,
        addingTo: hasResidual ? Variable(r, on: tape) : nil)
    }
  }

  @Test("layer norm", arguments: [1, 3, 24, 97])
  func layerNormGradients(width: Int) throws {
    let set = randomParameters(["x": [4, width], "gain": [width], "bias": [width]])
    let x = try parameter(set, "x"), gain = try parameter(set, "gain")
    let bias = try parameter(set, "bias")
    checkGradients(of: set) { layerNorm(Variable(x, on: $0), gain: gain, bias: bias) }
  }

  @Test("GELU")
  func geluGradients() throws {
    let set = randomParameters(["x": [3, 11]], deviation: 2)
    let x = try parameter(set, "x")
    checkGradients(of: set) { gelu(Variable(x, on: $0)) }
  }

  @Test("L2 normalisation")
  func normalizeGradients() throws {
    let set = randomParameters(["x": [3, 5]])
    let x = try parameter(set, "x")
    checkGradients(of: set) { l2Normalize(Variable(x, on: $0)) }
  }

  @Test("self-attention over ragged segments", arguments: [false, true])
  func selfAttentionGradients(isCausal: Bool) throws {
    let segments = Segments(lengths: [1, 4, 2])
    let set = randomParameters(["q": [7, 6], "k": [7, 6], "v": [7, 6]])
    let q = try parameter(set, "q"), k = try parameter(set, "k"), v = try parameter(set, "v")
    checkGradients(of: set) {
      attention(
        Variable(q, on: $0), Variable(k, on: $0), Variable(v, on: $0), heads: 2,
        queries: segments, keys: segments, isCausal: isCausal)
    }
  }

  @Test("cross-attention where a segment has no query")
  func crossAttentionGradients() throws {
    let queries = Segments(lengths: [2, 0, 3]), keys = Segments(count: 3, length: 2)
    let set = randomParameters(["q": [5, 4], "k": [6, 4], "v": [6, 4]])
    let q = try parameter(set, "q"), k = try parameter(set, "k"), v = try parameter(set, "v")
    checkGradients(of: set) {
      attention(
        Variable(q, on: $0), Variable(k, on: $0), Variable(v, on: $0), heads: 2,
        queries: queries, keys: keys)
    }
  }

  @Test("attention in blocks of queries equals one query at a time", arguments: [false, true])
  func blockedAttention(isCausal: Bool) throws {
    let count = 150
    let set = randomParameters(["q": [count, 4], "k": [count, 4], "v": [count, 4]])
    let q = try parameter(set, "q").value, k = try parameter(set, "k").value
    let v = try parameter(set, "v").value
    let whole = Segments(count: 1, length: count)
    let blocked = attention(
      Variable(constant: q, on: nil), Variable(constant: k, on: nil),
      Variable(constant: v, on: nil), heads: 1, queries: whole, keys: whole, isCausal: isCausal)
    let plain = Tensor([count, 4])
    for row in 0..<count {
      let seen = isCausal ? row + 1 : count
      let one = attention(
        Variable(constant: q.rows(row..<row + 1), on: nil),
        Variable(constant: k.rows(0..<seen), on: nil),
        Variable(constant: v.rows(0..<seen), on: nil), heads: 1,
        queries: Segments(count: 1, length: 1), keys: Segments(count: 1, length: seen))
      plain.rows(row..<row + 1).pointer.update(from: one.value.pointer, count: 4)
    }
    expectClose(blocked.value, plain, relative: 1e-6, "attention")
  }

  @Test("text embedding with shared tokens")
  func textEmbeddingGradients() throws {
    let set = randomParameters(["table": [5, 3], "positions": [4, 3], "cls": [3]])
    let table = try parameter(set, "table"), positions = try parameter(set, "positions")
    let cls = try parameter(set, "cls")
    checkGradients(of: set) {
      textEmbedding(
        [1, 4, 4, 0, 1], Segments(lengths: [3, 2]), table: table, positions: positions, cls: cls,
        on: $0)
    }
  }

  @Test("split, repeat and positions")
  func rowGradients() throws {
    let set = randomParameters(["x": [8, 3], "p": [2, 3]])
    let x = try parameter(set, "x"), p = try parameter(set, "p")
    let segments = Segments(lengths: [2, 3, 3])
    checkGradients(of: set) { splitLast(Variable(x, on: $0), segments, dropping: 1).body }
    checkGradients(of: set) { splitLast(Variable(x, on: $0), segments, dropping: 1).last }
    checkGradients(of: set) { repeated(Variable(x, on: $0), times: 3) }
    checkGradients(of: set) { addPositions(Variable(x, on: $0), p) }
  }

  @Test("vocabulary cross-entropy, rows without a target", arguments: [3, 97, 5000])
  func crossEntropyGradients(vocabulary: Int) throws {
    let set = randomParameters(["h": [4, 3], "v": [vocabulary, 3]])
    let h = try parameter(set, "h"), v = try parameter(set, "v")
    let targets = [0, -1, Int32(vocabulary - 1), Int32(vocabulary / 2)]
    func loss(_ tape: Tape?) -> Double {
      vocabularyCrossEntropy(Variable(h, on: tape), v, targets: targets, weight: 0.7)
    }
    checkGradients(
      of: set,
      backward: {
        let tape = Tape()
        _ = loss(tape)
        tape.backward()
      }, loss: { 0.7 * loss(nil) })
  }

  @Test("a variable that is read twice gets both gradients")
  func sharedVariable() throws {
    let set = randomParameters(["x": [2, 3], "w": [3, 3]])
    let x = try parameter(set, "x"), w = try parameter(set, "w")
    checkGradients(of: set) { tape in
      let input = Variable(x, on: tape)
      return linear(gelu(input), w, addingTo: input)
    }
  }

  @Test("threads change nothing but rounding")
  func threads() throws {
    let set = randomParameters(["x": [300, 40], "w": [50, 40], "b": [50]])
    let x = try parameter(set, "x"), w = try parameter(set, "w"), b = try parameter(set, "b")
    func gradients() -> Tensor {
      set.gradients.fill(0)
      let tape = Tape()
      let output = gelu(linear(Variable(x, on: tape), w, b))
      output.seed(output.value.copy())
      tape.backward()
      return set.gradients.copy()
    }
    let alone = gradients()
    Threads.start(3)
    defer { Threads.start(1) }
    expectClose(gradients(), alone, relative: 1e-5, "gradients")
  }
}
