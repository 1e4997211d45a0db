import Tensors

/// Two pictures whose embeddings are near each other.
public struct NearPair: Sendable, Equatable, Encodable {
  /// Their keys. Of two sets, `a` is in the first and `b` in the second.
  public let a, b: String
  public let cosine: Float
  /// Pairs that hang together have one number, from 0 in the order of the pairs.
  public let group: Int
}

/// Finds all pairs of pictures that are near each other, by products of blocks.
public enum NearPairs {
  /// Beyond this a threshold is too low to be of use.
  public static let limit = 10_000_000
  private static let block = 2048

  private struct Pair {
    var a, b: Int32
    var cosine: Float
  }

  /// All pairs of at least `threshold`, in the order of the rows.
  ///
  /// - Parameter others: pairs are of a picture of `files` and one of these; nil: two of `files`.
  /// - Complexity: n² · width multiply-adds, in one set half as many; 25 MiB at a width of 512,
  ///   and 12 bytes a pair.
  /// - Throws: `CheckpointError`; `EmbeddingsError` for more pairs than `limit`.
  public static func find(
    in files: EmbeddingFiles, against others: EmbeddingFiles? = nil, threshold: Float
  ) throws -> [NearPair] {
    var pairs: [Pair] = []
    for rows in files.blocks(of: block) {
      let own = try files.read(rows)
      for columns in (others ?? files).blocks(of: block) {
        if others == nil, columns.upperBound <= rows.lowerBound { continue }
        let theirs = try (others ?? files).read(columns)
        let cosines = Tensor([rows.count, columns.count])
        GEMM.multiply(
          Matrix(own), Matrix(theirs).transposed, into: Matrix(cosines), .float32)
        for row in rows {
          let values = cosines.rows(row - rows.lowerBound..<row - rows.lowerBound + 1).buffer
          let first = others == nil ? max(0, row + 1 - columns.lowerBound) : 0
          for column in first..<max(first, columns.count) where values[column] >= threshold {
            let other = columns.lowerBound + column
            pairs.append(Pair(a: Int32(row), b: Int32(other), cosine: values[column]))
          }
        }
        // A matrix is a view that does not keep its tensor.
        withExtendedLifetime((own, theirs, cosines)) {}
        guard pairs.count <= limit else {
          throw EmbeddingsError(files.place, .tooManyPairs(limit: limit))
        }
      }
    }
    pairs.sort { ($0.a, $0.b) < ($1.a, $1.b) }
    return named(pairs, files, others)
  }

  private static func named(
    _ pairs: [Pair], _ files: EmbeddingFiles, _ others: EmbeddingFiles?
  ) -> [NearPair] {
    let offset = others == nil ? 0 : files.count
    var groups = Groups(count: files.count + (others?.count ?? 0))
    for pair in pairs { groups.join(Int(pair.a), Int(pair.b) + offset) }
    var numbers: [Int: Int] = [:]
    return pairs.map { pair in
      let root = groups.root(of: Int(pair.a))
      let number = numbers[root] ?? numbers.count
      numbers[root] = number
      return NearPair(
        a: files.key(Int(pair.a)), b: (others ?? files).key(Int(pair.b)), cosine: pair.cosine,
        group: number)
    }
  }

  /// Disjoint sets of numbers.
  private struct Groups {
    private var parents: [Int32]

    init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

    mutating func root(of number: Int) -> Int {
      var number = number
      while Int(parents[number]) != number {
        parents[number] = parents[Int(parents[number])]
        number = Int(parents[number])
      }
      return number
    }

    mutating func join(_ a: Int, _ b: Int) {
      let (a, b) = (root(of: a), root(of: b))
      parents[max(a, b)] = Int32(min(a, b))
    }
  }
}
