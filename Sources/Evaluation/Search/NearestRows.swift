import Checkpoints
import Tensors

/// One of the rows nearest to a query.
public struct NearRow: Sendable, Equatable {
  public let row: Int
  public let cosine: Float

  package init(row: Int, cosine: Float) { (self.row, self.cosine) = (row, cosine) }
}

/// An exact search by products of blocks.
public enum NearestRows {
  private static let queryBlock = 256
  private static let rowBlock = 4096

  /// For each query the `limit` nearest rows, the nearest first, of equal ones the first. A row
  /// that is not finite comes last.
  ///
  /// - Parameters:
  ///   - queries: `[n, width]`, rows of length 1.
  ///   - leftOut: for each query a row that is no answer, as its own.
  /// - Complexity: reads the embeddings once for every 256 queries; 12 MiB of memory at a width of
  ///   512.
  public static func find(
    _ queries: Tensor, in files: EmbeddingFiles, limit: Int, leftOut: [Int?]
  ) throws(CheckpointError) -> [[NearRow]] {
    precondition(queries.width == files.width && leftOut.count == queries.rows)
    var found = [Best](repeating: Best(limit: limit), count: queries.rows)
    for first in stride(from: 0, to: queries.rows, by: queryBlock) {
      let own = first..<min(first + queryBlock, queries.rows)
      for block in files.blocks(of: rowBlock) {
        let rows = try files.read(block)
        let cosines = Tensor([own.count, block.count])
        GEMM.multiply(
          Matrix(queries.rows(own)), Matrix(rows).transposed, into: Matrix(cosines), .float32)
        for query in own {
          let row = cosines.rows(query - first..<query - first + 1).buffer
          found[query].add(row, from: block.lowerBound, except: leftOut[query])
        }
        // A matrix is a view that does not keep its tensor.
        withExtendedLifetime((rows, cosines)) {}
      }
    }
    return found.map(\.rows)
  }

  /// The best rows so far, the nearest first.
  private struct Best {
    let limit: Int
    var rows: [NearRow] = []

    init(limit: Int) { self.limit = limit }

    mutating func add(
      _ cosines: UnsafeMutableBufferPointer<Float>, from first: Int, except leftOut: Int?
    ) {
      for (place, value) in cosines.enumerated() {
        let cosine = value.isFinite ? value : -.infinity
        if rows.count == limit, let last = rows.last, cosine <= last.cosine { continue }
        guard first + place != leftOut else { continue }
        var at = rows.count
        while at > 0, rows[at - 1].cosine < cosine { at -= 1 }
        rows.insert(NearRow(row: first + place, cosine: cosine), at: at)
        if rows.count > limit { rows.removeLast() }
      }
    }
  }
}
