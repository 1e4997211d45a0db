import Foundation
import Records

/// A query and the pictures nearest to it.
public struct SearchResult: Encodable, Sendable {
  public struct Hit: Encodable, Sendable {
    /// From 1.
    public let rank: Int
    public let key: String
    public let cosine: Float
  }

  public let query: String
  public let hits: [Hit]

  public init(query: String, rows: [NearRow], _ files: EmbeddingFiles) {
    self.query = query
    hits = rows.enumerated().map { place, row in
      Hit(rank: place + 1, key: files.key(row.row), cosine: max(-1, row.cosine))
    }
  }

  /// The query, and a line for each hit: rank, cosine, key.
  public var text: String {
    query.onOneLine + "\n"
      + hits.map { String(format: "%4d  %7.4f  ", $0.rank, $0.cosine) + $0.key.onOneLine + "\n" }
      .joined()
  }
}
