import Tensors

/// Attention to keys and values that are projections of one context, without computing them:
/// `softmax(q (context · keyᵀ)ᵀ / √(width / heads)) (context · valueᵀ + valueBias)` within each
/// pair of segments.
///
/// The products are made in another order: queries are projected into the context's space by `key`,
/// and the result there is projected back by `value`. That is cheaper for few queries and many
/// keys. A bias of the keys would add the same to all scores of a query, so it changes nothing.
/// - Parameters:
///   - q: `[queries.rows, width]`.
///   - context: `[keys.rows, contextWidth]`.
///   - key: `[width, contextWidth]`; `value` likewise.
///   - valueBias: `[width]`.
/// - Returns: `[queries.rows, width]`.
/// - Source: Vaswani et al., arXiv 1706.03762; the order of products is DeepSeek-V2's, arXiv
///   2405.04434 §2.1.2.
public func attention(
  _ q: Variable, toContext context: Variable, key: Parameter, value: Parameter,
  valueBias: Parameter, heads: Int, queries: Segments, keys: Segments
) -> Variable {
  let attention = ContextAttention(
    q: q.value, key: key.value, value: value.value, heads: heads, queries: queries, keys: keys,
    contextWidth: context.width)
  return operation(
    "attention to context", of: [q, context], reads: [key.value, value.value],
    parameters: [key, value, valueBias], on: q.tape
  ) {
    attention.forward(context.value, valueBias.value)
  } backward: { gradient in
    valueBias.addPartials(rows: gradient.rows) { rows, partial in
      kernels.column_sums(
        gradient.rows(rows).pointer, partial.pointer, rows.count, gradient.width)
    }
    let (dq, keepQ) = q.target(), (dContext, keepContext) = context.target()
    if keepContext == 0 { dContext.fill(0) }
    attention.backward(
      gradient, context: context.value, dq: dq, dContext: dContext,
      dKey: key.target(), dValue: value.target(), keepQ: keepQ)
  }
}

private struct ContextAttention {
  static let rowBlock = 128

  let q: Tensor, key: Tensor, value: Tensor
  let heads: Int
  let queries: Segments, keys: Segments
  /// Queries in the context's space, and attention's result there: `[q.rows · heads,
  /// contextWidth]`.
  let carried: Tensor, found: Tensor
  let logSumExp: Tensor

  init(
    q: Tensor, key: Tensor, value: Tensor, heads: Int, queries: Segments, keys: Segments,
    contextWidth: Int
  ) {
    precondition(queries.count == keys.count && q.width % heads == 0)
    (self.q, self.key, self.value) = (q, key, value)
    (self.heads, self.queries, self.keys) = (heads, queries, keys)
    carried = Tensor([q.rows * heads, contextWidth])
    found = Tensor(carried.shape)
    logSumExp = Tensor([carried.rows])
  }

  private var headWidth: Int { q.width / heads }
  private var scale: Float { 1 / Float(headWidth).squareRoot() }

  /// A head's columns of `[rows, width]`.
  private func columns(_ head: Int, of tensor: Tensor) -> Matrix {
    Matrix(tensor).columns(head * headWidth..<(head + 1) * headWidth)
  }

  /// A head's rows of a weight.
  private func rows(_ head: Int, of weight: Tensor) -> Matrix {
    Matrix(weight).rows(head * headWidth..<(head + 1) * headWidth)
  }

  /// A head's rows of `[rows · heads, contextWidth]`.
  private func plane(_ head: Int, of tensor: Tensor) -> Matrix {
    Matrix(
      tensor.pointer + head * tensor.width, rows: q.rows, columns: tensor.width,
      stride: heads * tensor.width)
  }

  /// Runs `body` for every block of rows of a segment, with all heads, and with memory for scores.
  private func forEachBlock(
    scratch count: Int,
    _ body: (_ rows: Range<Int>, _ keys: Range<Int>, _ scratch: [Matrix]) -> Void
  ) {
    let size = min(Self.rowBlock, heads * queries.longest) * keys.longest
    let scratch = (0..<Threads.count).map { _ in (0..<count).map { _ in Tensor([size]) } }
    Threads.tasks(queries.count) { segment, member in
      let end = queries[segment].upperBound * heads, keys = keys[segment]
      for first in stride(
        from: queries[segment].lowerBound * heads, to: end, by: Self.rowBlock)
      {
        let rows = first..<min(first + Self.rowBlock, end)
        body(rows, keys, scratch[member].map {
          Matrix($0.pointer, rows: rows.count, columns: keys.count)
        })
      }
    }
  }

  func forward(_ context: Tensor, _ valueBias: Tensor) -> Tensor {
    for head in 0..<heads {
      GEMM.multiply(columns(head, of: q), rows(head, of: key), into: plane(head, of: carried))
    }
    forEachBlock(scratch: 1) { rows, keys, scratch in
      let context = Matrix(context.rows(keys)), scores = scratch[0]
      GEMM.serial(Matrix(carried.rows(rows)), context.transposed, into: scores)
      kernels.attention_softmax(
        scores.pointer, scores.stride, rows.count, keys.count, keys.count, 0, scale,
        logSumExp.pointer + rows.lowerBound)
      GEMM.serial(scores, context, into: Matrix(found.rows(rows)))
    }
    let output = Tensor(q.shape)
    kernels.add_bias(nil, valueBias.pointer, output.pointer, output.rows, output.width)
    for head in 0..<heads {
      GEMM.multiply(
        plane(head, of: found), rows(head, of: value).transposed, into: columns(head, of: output),
        keep: 1)
    }
    return output
  }

  /// Adds to all gradients except `dq`.
  func backward(
    _ gradient: Tensor, context: Tensor, dq: Tensor, dContext: Tensor,
    dKey: (gradient: Tensor, keep: Float)?, dValue: (gradient: Tensor, keep: Float)?, keepQ: Float
  ) {
    let dFound = Tensor(found.shape)
    for head in 0..<heads {
      let gradient = columns(head, of: gradient)
      GEMM.multiply(gradient, rows(head, of: value), into: plane(head, of: dFound))
      guard let dValue else { continue }
      GEMM.multiply(
        gradient.transposed, plane(head, of: found), into: rows(head, of: dValue.gradient),
        keep: dValue.keep)
    }
    backward(dFound, context, dContext: dContext)
    for head in 0..<heads {
      let dCarried = plane(head, of: dFound)
      GEMM.multiply(
        dCarried, rows(head, of: key).transposed, into: columns(head, of: dq), keep: keepQ)
      guard let dKey else { continue }
      GEMM.multiply(
        columns(head, of: q).transposed, dCarried, into: rows(head, of: dKey.gradient),
        keep: dKey.keep)
    }
  }

  /// In the context's space; the gradient with respect to `carried` replaces `dFound`.
  private func backward(_ dFound: Tensor, _ context: Tensor, dContext: Tensor) {
    let deltas = Tensor([found.rows])
    forEachBlock(scratch: 2) { rows, keys, scratch in
      let context = Matrix(context.rows(keys)), dContext = Matrix(dContext.rows(keys))
      let carried = Matrix(carried.rows(rows)), gradient = Matrix(dFound.rows(rows))
      let (p, dp) = (scratch[0], scratch[1])
      GEMM.serial(carried, context.transposed, into: p)
      kernels.attention_probabilities(
        p.pointer, p.stride, rows.count, keys.count, keys.count, 0, scale,
        logSumExp.pointer + rows.lowerBound)
      GEMM.serial(p.transposed, gradient, into: dContext, keep: 1)
      GEMM.serial(gradient, context.transposed, into: dp)
      kernels.row_dots(
        gradient.pointer, gradient.stride, found.rows(rows).pointer, found.width,
        deltas.pointer + rows.lowerBound, rows.count, found.width)
      kernels.attention_scores_backward(
        p.pointer, dp.pointer, dp.stride, rows.count, keys.count, scale,
        deltas.pointer + rows.lowerBound)
      GEMM.serial(dp, context, into: gradient)
      GEMM.serial(dp.transposed, carried, into: dContext, keep: 1)
    }
  }
}
