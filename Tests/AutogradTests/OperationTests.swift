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

  @Test("GELU and QuickGELU")
  func geluGradients() throws {
    let set = randomParameters(["x": [3, 11]], deviation: 2)
    let x = try parameter(set, "x")
    checkGradients(of: set) { gelu(Variable(x, on: $0)) }
    checkGradients(of: set) { quickGELU(Variable(x, on: $0)) }
  }

  @Test("a branch with learned weights", arguments: [3, 40])
  func scaledGradients(width: Int) throws {
    let set = randomParameters(["x": [5, width], "scale": [width], "r": [5, width]])
    let x = try parameter(set, "x"), r = try parameter(set, "r")
    let scale = try parameter(set, "scale")
    checkGradients(of: set) {
      scaled(Variable(x, on: $0), by: scale, addingTo: Variable(r, on: $0))
    }
  }

  @Test("L2 normalisation")
  func normalizeGradients() throws {
    let set = randomParameters(["x": [3, 5]])
    let x = try parameter(set, "x")
    checkGradients(of: set) { l2Normalize(Variable(x, on: $0)) }
  }

  @Test("self-attention over ragged segments, with and without prefixes that all see",
    arguments: [(false, nil), (true, nil), (true, [0, 3, 2])] as [(Bool, [Int]?)])
  func selfAttentionGradients(isCausal: Bool, prefixes: [Int]?) throws {
    let segments = Segments(lengths: [1, 4, 2])
    let set = randomParameters(["q": [7, 6], "k": [7, 6], "v": [7, 6]])
    let q = try parameter(set, "q"), k = try parameter(set, "k"), v = try parameter(set, "v")
    checkGradients(of: set) {
      attention(
        Variable(q, on: $0), Variable(k, on: $0), Variable(v, on: $0), heads: 2,
        queries: segments, keys: segments, isCausal: isCausal, prefixes: prefixes)
    }
  }

  @Test("rows that are selected, some of them twice")
  func selectedRows() throws {
    let set = randomParameters(["x": [6, 3]])
    let x = try parameter(set, "x")
    checkGradients(of: set) { selected(Variable(x, on: $0), [4..<6, 0..<2, 4..<5]) }
    let found = selected(Variable(x, on: nil), [4..<6, 1..<1, 0..<1]).value
    #expect(
      found.values == x.value.rows(4..<6).values + x.value.rows(0..<1).values)
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

  @Test("attention to a context without making its keys, where a segment has no query")
  func contextGradients() throws {
    let queries = Segments(lengths: [2, 0, 3]), keys = Segments(lengths: [2, 1, 4])
    let set = randomParameters([
      "q": [5, 4], "context": [7, 6], "key": [4, 6], "value": [4, 6], "bias": [4],
    ])
    let q = try parameter(set, "q"), context = try parameter(set, "context")
    let key = try parameter(set, "key"), value = try parameter(set, "value")
    let bias = try parameter(set, "bias")
    checkGradients(of: set) {
      attention(
        Variable(q, on: $0), toContext: Variable(context, on: $0), key: key, value: value,
        valueBias: bias, heads: 2, queries: queries, keys: keys)
    }
  }

  @Test("attention to a context equals attention to keys and values made of it")
  func contextAttention() throws {
    let queries = Segments(lengths: [50, 1, 0, 7]), keys = Segments(lengths: [90, 3, 5, 64])
    let set = randomParameters([
      "q": [58, 12], "context": [162, 20], "key": [12, 20], "value": [12, 20], "bias": [12],
    ])
    let q = try parameter(set, "q"), context = try parameter(set, "context")
    let key = try parameter(set, "key"), value = try parameter(set, "value")
    let bias = try parameter(set, "bias")
    func run(_ attend: (_ q: Variable, _ context: Variable) -> Variable) -> (Tensor, Tensor) {
      set.gradients.fill(0)
      let tape = Tape()
      // The context is read twice: gradients are added, not written over.
      let shared = Variable(context, on: tape)
      let output = attend(Variable(q, on: tape), shared)
      let twice = attend(output, shared)
      twice.seed(q.value.copy())
      tape.backward()
      return (twice.value, set.gradients.copy())
    }
    let plain = run { q, context in
      attention(
        q, linear(context, key, bias), linear(context, value, bias), heads: 3, queries: queries,
        keys: keys)
    }
    let carried = run { q, context in
      attention(
        q, toContext: context, key: key, value: value, valueBias: bias, heads: 3,
        queries: queries, keys: keys)
    }
    expectClose(carried.0, plain.0, relative: 1e-5, "values")
    expectClose(carried.1, plain.1, relative: 1e-4, "gradients")
  }

  @Test("attention with hidden keys, one query seeing none", arguments: [false, true])
  func hiddenKeyGradients(isCausal: Bool) throws {
    let segments = Segments(lengths: [4, 1, 3])
    let visible = [false, true, false, true, false, true, true, false]
    let set = randomParameters(["q": [8, 6], "k": [8, 6], "v": [8, 6]])
    let q = try parameter(set, "q"), k = try parameter(set, "k"), v = try parameter(set, "v")
    func attend(_ tape: Tape?) -> Variable {
      attention(
        Variable(q, on: tape), Variable(k, on: tape), Variable(v, on: tape), heads: 2,
        queries: segments, keys: segments, isCausal: isCausal, visible: visible)
    }
    checkGradients(of: set, attend)
    for row in visible.indices where !visible[row] {
      #expect(v.gradient.rows(row..<row + 1).values.allSatisfy { $0 == 0 })
    }
    #expect(attend(nil).value.rows(4..<5).values == [Float](repeating: 0, count: 6))
  }

  @Test("hiding keys is leaving them out", arguments: [0, 1, 70, 149])
  func hiddenKeys(hidden: Int) throws {
    let count = 150
    let set = randomParameters(["q": [count, 4], "k": [count, 4], "v": [count, 4]])
    let q = try parameter(set, "q").value, k = try parameter(set, "k").value
    let v = try parameter(set, "v").value
    let whole = Segments(count: 1, length: count), less = Segments(count: 1, length: count - 1)
    func without(_ x: Tensor) -> Variable {
      split(Variable(constant: x, on: nil), into: [[0..<hidden, hidden + 1..<count]])[0]
    }
    let found = attention(
      Variable(constant: q, on: nil), Variable(constant: k, on: nil),
      Variable(constant: v, on: nil), heads: 1, queries: whole, keys: whole,
      visible: (0..<count).map { $0 != hidden })
    let expected = attention(
      Variable(constant: q, on: nil), without(k), without(v), heads: 1, queries: whole, keys: less)
    expectClose(found.value, expected.value, relative: 1e-6, "attention")
  }

  @Test("queries that continue sequences with room to grow see what came before")
  func continuedAttention() throws {
    let set = randomParameters(["q": [6, 4], "k": [6, 4], "v": [6, 4]])
    let q = try parameter(set, "q").value, k = try parameter(set, "k").value
    let v = try parameter(set, "v").value
    let segments = Segments(lengths: [4, 2])
    let whole = attention(
      Variable(constant: q, on: nil), Variable(constant: k, on: nil),
      Variable(constant: v, on: nil), heads: 2, queries: segments, keys: segments, isCausal: true)
    let room = 5
    func roomy(_ x: Tensor) -> Variable {
      let spread = Tensor([2 * room, 4])
      spread.fill(.nan)
      for (row, place) in [0, 1, 2, 3, room, room + 1].enumerated() {
        spread.rows(place..<place + 1).pointer.update(from: x.rows(row..<row + 1).pointer, count: 4)
      }
      return Variable(constant: spread, on: nil)
    }
    // The last two rows of the first sequence, none of the second.
    let last = attention(
      Variable(constant: q.rows(2..<4), on: nil), roomy(k), roomy(v), heads: 2,
      queries: Segments(lengths: [2, 0]), keys: Segments(lengths: [4, 2], room: room),
      isCausal: true)
    expectClose(last.value, whole.value.rows(2..<4), relative: 1e-6, "attention")
  }

  @Test("attention in blocks of queries equals one query at a time",
    arguments: [(false, 0), (true, 0), (true, 1), (true, 70), (true, 149), (true, 150)])
  func blockedAttention(isCausal: Bool, prefix: Int) throws {
    let count = 150
    let set = randomParameters(["q": [count, 4], "k": [count, 4], "v": [count, 4]])
    let q = try parameter(set, "q").value, k = try parameter(set, "k").value
    let v = try parameter(set, "v").value
    let whole = Segments(count: 1, length: count)
    let blocked = attention(
      Variable(constant: q, on: nil), Variable(constant: k, on: nil),
      Variable(constant: v, on: nil), heads: 1, queries: whole, keys: whole, isCausal: isCausal,
      prefixes: [prefix])
    let plain = Tensor([count, 4])
    for row in 0..<count {
      let seen = isCausal ? max(row + 1, prefix) : count
      let one = attention(
        Variable(constant: q.rows(row..<row + 1), on: nil),
        Variable(constant: k.rows(0..<seen), on: nil),
        Variable(constant: v.rows(0..<seen), on: nil), heads: 1,
        queries: Segments(count: 1, length: 1), keys: Segments(count: 1, length: seen))
      plain.rows(row..<row + 1).pointer.update(from: one.value.pointer, count: 4)
    }
    expectClose(blocked.value, plain, relative: 1e-6, "attention")
  }

  @Test(
    "text embedding with shared tokens, with and without a position of the CLS",
    arguments: [nil, 3])
  func textEmbeddingGradients(clsPosition: Int?) throws {
    let set = randomParameters(["table": [5, 3], "positions": [4, 3], "cls": [3]])
    let table = try parameter(set, "table"), positions = try parameter(set, "positions")
    let cls = try parameter(set, "cls")
    checkGradients(of: set) {
      textEmbedding(
        [1, 4, 4, 0, 1], Segments(lengths: [3, 2]), table: table, positions: positions, cls: cls,
        clsPosition: clsPosition, on: $0)
    }
  }

  @Test("captions embedded from a position on are the rest of whole captions")
  func continuedTextEmbedding() throws {
    let set = randomParameters(["table": [5, 3], "positions": [4, 3]])
    let table = try parameter(set, "table"), positions = try parameter(set, "positions")
    func rows(_ ids: [Int32], from first: Int) -> [Float] {
      textEmbedding(
        ids, Segments(count: 2, length: ids.count / 2), from: first, table: table,
        positions: positions, cls: nil, on: nil
      ).value.values
    }
    let whole = rows([1, 4, 0, 3, 2, 2], from: 0), rest = rows([4, 0, 2, 2], from: 1)
    #expect(rest == Array(whole[3..<9] + whole[12..<18]))
  }

  @Test("split, prepend, repeat and positions")
  func rowGradients() throws {
    let set = randomParameters(["x": [8, 3], "p": [2, 3], "c": [3]])
    let x = try parameter(set, "x"), p = try parameter(set, "p"), c = try parameter(set, "c")
    let segments = Segments(lengths: [2, 3, 3])
    let parts = [[0..<1, 2..<4], [7..<8, 1..<2]]
    checkGradients(of: set) { split(Variable(x, on: $0), into: parts)[0] }
    checkGradients(of: set) { split(Variable(x, on: $0), into: parts)[1] }
    checkGradients(of: set) { prepend(c, to: Variable(x, on: $0), segments) }
    checkGradients(of: set) { repeated(Variable(x, on: $0), times: 3) }
    checkGradients(of: set) { addPositions(Variable(x, on: $0), p) }
  }

  @Test("vocabulary cross-entropy, rows without a target", arguments: [3, 97, 5000], [0, 0.3])
  func crossEntropyGradients(vocabulary: Int, smoothing: Float) throws {
    let set = randomParameters(["h": [4, 3], "v": [vocabulary, 3]])
    let h = try parameter(set, "h"), v = try parameter(set, "v")
    let targets = [0, -1, Int32(vocabulary - 1), Int32(vocabulary / 2)]
    func loss(_ tape: Tape?) -> Double {
      vocabularyCrossEntropy(
        Variable(h, on: tape), v, targets: targets, smoothing: smoothing, weight: 0.7)
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

  @Test("threads change nothing but rounding, and from AVX2 up not a bit")
  func threads() async {
    await #expect(processExitsWith: .success) {
      let set = randomParameters(["x": [300, 40], "w": [50, 40], "b": [50]])
      let x = try #require(set["x"]), w = try #require(set["w"]), b = try #require(set["b"])
      func gradients() -> Tensor {
        set.gradients.fill(0)
        let tape = Tape()
        let output = gelu(linear(Variable(x, on: tape), w, b))
        output.seed(output.value.copy())
        tape.backward()
        return set.gradients.copy()
      }
      let alone = gradients()
      try Threads.start(3)
      let shared = gradients()
      expectClose(shared, alone, relative: 1e-5, "gradients")
      #expect(shared.values == alone.values || Processor.current.instructions == .baseline)
    }
  }
}
