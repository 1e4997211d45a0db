import Tensors

/// The rank of the right answer among all answers, by similarity.
public enum Ranking {
  /// Where a query's right answer is among all answers.
  public struct Place: Sendable, Equatable {
    /// Wrong answers that are nearer.
    public var before = 0
    /// Wrong answers that are as near.
    public var tied = 0

    public init(before: Int = 0, tied: Int = 0) { (self.before, self.tied) = (before, tied) }

    /// Its place if it counts as the last of its equals; 0 is a hit at 1.
    public var last: Int { before + tied }

    /// The chance that it is among the first `limit` if its equals come in any order.
    func chance(of limit: Int) -> Double {
      min(max(Double(limit - before) / Double(tied + 1), 0), 1)
    }
  }

  /// Similarities closer than this count as equal: rounding must not decide. Among equals the right
  /// answer counts as the last, so that a model that cannot tell them apart earns nothing.
  public static let tie: Float = 1e-6
  private static let tileRows = 256
  private static let tileColumns = 2048

  /// For each query, how many wrong candidates are nearer than its nearest right one, and how many
  /// as near. A vector that is not finite counts against the query.
  ///
  /// - Parameters:
  ///   - queries: `[n, joint]`, rows of length 1.
  ///   - candidates: `[m, joint]`, likewise.
  ///   - right: for each query its right candidates, at least one.
  /// - Complexity: O(n · m · joint) operations; 2 MiB of similarities in memory at a time.
  public static func places(
    of queries: Tensor, among candidates: Tensor, right: [Range<Int>]
  ) -> [Place] {
    precondition(queries.shape[0] == right.count, "right answers for every query")
    precondition(right.allSatisfy { !$0.isEmpty && $0.upperBound <= candidates.shape[0] })
    var places = [Place](repeating: Place(), count: right.count)
    let tile = Tensor([tileRows * tileColumns])
    places.withUnsafeMutableBufferPointer { places in
      nonisolated(unsafe) let places = places
      for rows in blocks(right.count, of: tileRows) {
        let best = rows.map { nearest(queries, $0, candidates, right[$0]) }
        for columns in blocks(candidates.shape[0], of: tileColumns) {
          let scores = tile.slice(at: 0, shape: [rows.count, columns.count])
          GEMM.multiply(
            Matrix(queries.rows(rows)), Matrix(candidates.rows(columns)).transposed,
            into: Matrix(scores), .float32)
          Threads.split(rows.count, grain: 16) { part in
            for row in part {
              let own = right[rows.lowerBound + row].clamped(to: columns)
              count(
                scores.rows(row..<row + 1).buffer, around: best[row],
                excluding: (own.lowerBound - columns.lowerBound)..<(
                  own.upperBound - columns.lowerBound), in: &places[rows.lowerBound + row])
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

  /// Adds the scores above and about `best`, except those of some columns. NaN is above.
  private static func count(
    _ scores: UnsafeMutableBufferPointer<Float>, around best: Float, excluding own: Range<Int>,
    in place: inout Place
  ) {
    let low = best - tie, high = best + tie
    var reached: Int32 = 0, above: Int32 = 0
    for score in scores {
      reached &+= score < low ? 0 : 1
      above &+= score <= high ? 0 : 1
    }
    for column in own {
      reached -= scores[column] < low ? 0 : 1
      above -= scores[column] <= high ? 0 : 1
    }
    place.before += Int(above)
    place.tied += Int(reached - above)
  }

  private static func blocks(_ count: Int, of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}
