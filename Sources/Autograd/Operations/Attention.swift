import Tensors

/// Multi-head scaled dot-product attention over packed sequences:
/// `softmax(q kᵀ / √(width / heads)) v` within each pair of segments.
///
/// Scores are computed for 64 queries and all keys at a time, in a block of memory that stays in
/// cache up to some thousand keys. The backward pass computes them again from the log-sum-exps, so
/// heads × queries × keys scores are never stored.
/// - Parameters:
///   - q: `[querySegments.rows, width]`.
///   - k: `[keySegments.rows, width]`; `v` likewise.
///   - isCausal: whether a segment's last query sees all keys of its segment, the query before it
///     all but the last, and so on.
///   - prefixes: for each segment, how many of its first keys all of its queries see even if it is
///     causal; nil: none.
///   - visible: for each row of `k`, whether queries see it; nil: all are seen. A query that sees
///     no key gives zeros.
/// - Source: Vaswani et al., arXiv 1706.03762; the recomputation is Dao et al., arXiv 2205.14135.
public func attention(
  _ q: Variable, _ k: Variable, _ v: Variable, heads: Int, queries querySegments: Segments,
  keys keySegments: Segments, isCausal: Bool = false, prefixes: [Int]? = nil,
  visible: [Bool]? = nil
) -> Variable {
  let attention = Attention(
    q: q.value, k: k.value, v: v.value, heads: heads, querySegments: querySegments,
    keySegments: keySegments, isCausal: isCausal, prefixes: prefixes, visible: visible)
  return operation("attention", of: [q, k, v], on: q.tape) {
    attention.forward()
    return attention.output
  } backward: { gradient in
    let (dq, keepQ) = q.target(), (dk, keepK) = k.target(), (dv, keepV) = v.target()
    attention.backward(gradient, dq: dq, dk: dk, dv: dv, keepQ: keepQ, keepK: keepK, keepV: keepV)
  }
}

/// One call's inputs, output and log-sum-exps.
private struct Attention {
  static let queryBlock = 64

  let q: Tensor, k: Tensor, v: Tensor
  let heads: Int
  let querySegments: Segments, keySegments: Segments
  let isCausal: Bool
  let prefixes: [Int]?
  /// The rows of keys that no query sees, by segment; empty where all are seen.
  let hidden: [[Int]]
  let output: Tensor
  let logSumExp: Tensor

  init(
    q: Tensor, k: Tensor, v: Tensor, heads: Int, querySegments: Segments, keySegments: Segments,
    isCausal: Bool, prefixes: [Int]?, visible: [Bool]?
  ) {
    precondition(querySegments.count == keySegments.count && q.width % heads == 0)
    precondition(prefixes == nil || prefixes?.count == keySegments.count, "one for each segment")
    precondition(visible == nil || visible?.count == k.rows, "a flag for every key")
    (self.q, self.k, self.v, self.heads) = (q, k, v, heads)
    (self.querySegments, self.keySegments) = (querySegments, keySegments)
    (self.isCausal, self.prefixes) = (isCausal, prefixes)
    hidden =
      visible.map { visible in
        (0..<keySegments.count).map { keySegments[$0].filter { !visible[$0] } }
      } ?? []
    output = Tensor([q.rows, q.width])
    logSumExp = Tensor([heads, q.rows])
  }

  private var headWidth: Int { q.width / heads }
  private var scale: Float { 1 / Float(headWidth).squareRoot() }

  /// The columns of `head` in rows `rows`.
  private func window(_ tensor: Tensor, _ rows: Range<Int>, _ head: Int) -> Matrix {
    Matrix(
      tensor.pointer + rows.lowerBound * tensor.width + head * headWidth, rows: rows.count,
      columns: headWidth, stride: tensor.width)
  }

  /// A block of consecutive queries of one segment, and the keys any of them can see.
  private struct Block {
    let queries: Range<Int>
    let keys: Range<Int>
    /// How many keys the block's first query sees, and how many all of its queries see.
    let visible: Int
    let prefix: Int
    /// Columns of the scores that no query sees.
    let hidden: [Int]
  }

  private func blocks(of segment: Int) -> [Block] {
    let queries = querySegments[segment], keys = keySegments[segment]
    // Rows before the first query, as when a caption is continued.
    let earlier = keys.count - queries.count
    let prefix = min(prefixes?[segment] ?? 0, keys.count)
    return stride(from: 0, to: queries.count, by: Self.queryBlock).map { first in
      let count = min(Self.queryBlock, queries.count - first)
      let start = queries.lowerBound + first
      let seen = isCausal ? max(earlier + first + count, prefix) : keys.count
      return Block(
        queries: start..<start + count, keys: keys.lowerBound..<keys.lowerBound + seen,
        visible: isCausal ? earlier + first + 1 : seen, prefix: prefix,
        hidden: hidden.isEmpty
          ? [] : hidden[segment].map { $0 - keys.lowerBound }.filter { $0 < seen })
    }
  }

  /// The block's products of queries and keys, -∞ where a key is hidden.
  private func scores(_ q: Matrix, _ k: Matrix, _ block: Block, into scores: Matrix) {
    GEMM.serial(q, k.transposed, into: scores)
    for column in block.hidden {
      for row in 0..<scores.rows { scores.pointer[row * scores.stride + column] = -.infinity }
    }
  }

  /// Runs `body` for every head of every segment with `count` scratch blocks of scores.
  private func forEachHead(
    scratch count: Int, _ body: (_ segment: Int, _ head: Int, _ scratch: [Tensor]) -> Void
  ) {
    let size = min(Self.queryBlock, querySegments.longest) * keySegments.longest
    let scratch = (0..<Threads.count).map { _ in (0..<count).map { _ in Tensor([size]) } }
    Threads.tasks(querySegments.count * heads) { task, member in
      body(task / heads, task % heads, scratch[member])
    }
  }

  func forward() {
    forEachHead(scratch: 1) { segment, head, scratch in
      for block in blocks(of: segment) {
        let scores = Matrix(
          scratch[0].pointer, rows: block.queries.count, columns: block.keys.count)
        let queries = window(q, block.queries, head), keys = window(k, block.keys, head)
        self.scores(queries, keys, block, into: scores)
        kernels.attention_softmax(
          scores.pointer, scores.stride, scores.rows, scores.columns, block.visible, block.prefix,
          scale, logSumExp.pointer + head * q.rows + block.queries.lowerBound)
        GEMM.serial(scores, window(v, block.keys, head), into: window(output, block.queries, head))
      }
    }
  }

  func backward(
    _ gradient: Tensor, dq: Tensor, dk: Tensor, dv: Tensor, keepQ: Float, keepK: Float, keepV: Float
  ) {
    let deltas = Tensor([heads, q.rows])
    forEachHead(scratch: 2) { segment, head, scratch in
      let keys = keySegments[segment]
      clear(window(dk, keys, head), unless: keepK)
      clear(window(dv, keys, head), unless: keepV)
      for block in blocks(of: segment) {
        let size = (rows: block.queries.count, columns: block.keys.count)
        let p = Matrix(scratch[0].pointer, rows: size.rows, columns: size.columns)
        let dp = Matrix(scratch[1].pointer, rows: size.rows, columns: size.columns)
        let q = window(q, block.queries, head), k = window(k, block.keys, head)
        let dOutput = window(gradient, block.queries, head)
        let output = window(output, block.queries, head)
        let row = head * self.q.rows + block.queries.lowerBound

        scores(q, k, block, into: p)
        kernels.attention_probabilities(
          p.pointer, p.stride, p.rows, p.columns, block.visible, block.prefix, scale,
          logSumExp.pointer + row)
        GEMM.serial(p.transposed, dOutput, into: window(dv, block.keys, head), keep: 1)
        GEMM.serial(dOutput, window(v, block.keys, head).transposed, into: dp)
        kernels.row_dots(
          dOutput.pointer, dOutput.stride, output.pointer, output.stride, deltas.pointer + row,
          size.rows, headWidth)
        kernels.attention_scores_backward(
          p.pointer, dp.pointer, dp.stride, dp.rows, dp.columns, scale, deltas.pointer + row)
        GEMM.serial(dp, k, into: window(dq, block.queries, head), keep: keepQ)
        GEMM.serial(dp.transposed, q, into: window(dk, block.keys, head), keep: 1)
      }
    }
  }

  private func clear(_ matrix: Matrix, unless keep: Float) {
    guard keep == 0 else { return }
    for row in 0..<matrix.rows {
      (matrix.pointer + row * matrix.stride).update(repeating: 0, count: matrix.columns)
    }
  }
}
