import Tensors

/// The rank of the right answer among all answers, by similarity.
public enum Ranking {
  /// Similarities closer than this count as equal: rounding must not decide. Among equals the right
  /// answer counts as the last, so that a model that cannot tell them apart earns nothing.
  public static let tie: Float = 1e-6
  private static let tileRows = 256
  private static let tileColumns = 2048

  /// For each query, how many wrong candidates are at least as near as its nearest right one; 0 is
  /// a hit at 1. A vector that is not finite counts against the query.
  ///
  /// - Parameters:
  ///   - queries: `[n, joint]`, rows of length 1.
  ///   - candidates: `[m, joint]`, likewise.
  ///   - right: for each query its right candidates, at least one.
  /// - Complexity: O(n · m · joint) operations; 2 MiB of similarities in memory at a time.
  public static func places(
    of queries: Tensor, among candidates: Tensor, right: [Range<Int>]
  ) -> [Int] {
    precondition(queries.shape[0] == right.count, "right answers for every query")
    precondition(right.allSatisfy { !$0.isEmpty && $0.upperBound <= candidates.shape[0] })
    var places = [Int](repeating: 0, count: right.count)
    let tile = Tensor([tileRows * tileColumns])
    places.withUnsafeMutableBufferPointer { places in
      nonisolated(unsafe) let places = places
      for rows in blocks(right.count, of: tileRows) {
        let thresholds = rows.map { nearest(queries, $0, candidates, right[$0]) - tie }
        for columns in blocks(candidates.shape[0], of: tileColumns) {
          let scores = tile.slice(at: 0, shape: [rows.count, columns.count])
          GEMM.multiply(
            Matrix(queries.rows(rows)), Matrix(candidates.rows(columns)).transposed,
            into: Matrix(scores), .float32)
          Threads.split(rows.count, grain: 16) { part in
            for row in part {
              let own = right[rows.lowerBound + row].clamped(to: columns)
              places[rows.lowerBound + row] += wrong(
                scores.rows(row..<row + 1).buffer, atLeast: thresholds[row],
                excluding: (own.lowerBound - columns.lowerBound)..<(
                  own.upperBound - columns.lowerBound))
            }
          }
        }
      }
    }
    return places
  }

  /// The largest similarity to a right candidate.
  private static func nearest(
    _ queries: Tensor, _ query: Int, _ candidates: Tensor, _ right: Range<Int>
  ) -> Float {
    let width = queries.width
    return right.reduce(-.infinity) { best, candidate in
      let dot = kernels.dot(
        queries.pointer + query * width, candidates.pointer + candidate * width, width)
      return Float(dot) > best ? Float(dot) : best
    }
  }

  /// Scores not below the threshold, NaN among them, except those of some columns.
  private static func wrong(
    _ scores: UnsafeMutableBufferPointer<Float>, atLeast threshold: Float, excluding own: Range<Int>
  ) -> Int {
    var count: Int32 = 0
    for score in scores { count &+= score < threshold ? 0 : 1 }
    for column in own where !(scores[column] < threshold) { count -= 1 }
    return Int(count)
  }

  private static func blocks(_ count: Int, of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}
