/// Which tensors of one long vector are sent together, in which order, and which rank owns which of
/// their rows. All of it follows from the shapes and the number of ranks.
///
/// Buckets begin at the vector's end: a backward pass completes a model's gradients in about the
/// reverse of the order in which its tensors were declared.
public struct BucketPlan: Sendable {
  /// Consecutive tensors that are sent together.
  public struct Bucket: Sendable {
    public let tensors: Range<Int>
    /// Where each rank's part begins in the vector, and where the last part ends.
    package let bounds: [Int]
    /// How many exchanges it takes, each with a share of every rank's part; large tensors take
    /// several.
    package let trips: Int

    /// Every rank's elements of one exchange.
    package func parts(_ trip: Int) -> [Range<Int>] {
      zip(bounds, bounds.dropFirst()).map { start, end in
        start + (end - start) * trip / trips..<start + (end - start) * (trip + 1) / trips
      }
    }
  }

  /// Elements of the smallest bucket, and about those of one exchange: 2 and 4 MiB of float32. Any
  /// size from 1 to 8 MiB is about as fast.
  package struct Sizes: Sendable {
    package var bucket = 1 << 19
    package var trip = 1 << 20

    package init() {}
  }

  /// In the order in which they are sent.
  public let buckets: [Bucket]
  /// For each tensor its rows, their width and its first element.
  private let tensors: [(rows: Int, width: Int, start: Int)]
  private let bucketOfTensor: [Int]

  /// - Parameter tensors: in the order of the vector, which has no gaps.
  public init(_ tensors: [(rows: Int, width: Int)], ranks: Int) {
    self.init(tensors, ranks: ranks, Sizes())
  }

  package init(_ shapes: [(rows: Int, width: Int)], ranks: Int, _ sizes: Sizes) {
    var start = 0
    let tensors = shapes.map { shape in
      defer { start += shape.rows * shape.width }
      return (rows: shape.rows, width: shape.width, start: start)
    }
    self.tensors = tensors
    var buckets: [Bucket] = []
    var end = shapes.count
    var elements = 0
    for first in shapes.indices.reversed() {
      elements += shapes[first].rows * shapes[first].width
      guard elements >= sizes.bucket || first == 0 else { continue }
      buckets.append(
        Bucket(
          tensors: first..<end, bounds: Self.bounds(tensors[first..<end], ranks),
          trips: max(1, (elements + sizes.trip / 2) / sizes.trip)))
      (end, elements) = (first, 0)
    }
    self.buckets = buckets
    bucketOfTensor = buckets.indices.reversed().flatMap { index in
      buckets[index].tensors.map { _ in index }
    }
  }

  public func bucket(of tensor: Int) -> Int { bucketOfTensor[tensor] }

  /// The rows of a tensor that a rank owns: whole row blocks.
  public func rows(of tensor: Int, rank: Int) -> Range<Int> {
    let bounds = buckets[bucketOfTensor[tensor]].bounds
    let (rows, width, start) = tensors[tensor]
    guard width > 0 else { return 0..<0 }
    func row(_ element: Int) -> Int { min(max(0, (element - start) / width), rows) }
    return row(bounds[rank])..<row(bounds[rank + 1])
  }

  /// Equal where ranks would exchange the same rows of the same tensors in the same order.
  public var hash: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let shapes = tensors.flatMap { [$0.rows, $0.width] }
    for number in shapes + buckets.flatMap({ [$0.tensors.count, $0.trips] + $0.bounds }) {
      hash = (hash ^ UInt64(number)) &* 0x100_0000_01b3
    }
    return hash
  }

  /// Parts of about equal size that begin where a row block begins.
  private static func bounds(
    _ tensors: ArraySlice<(rows: Int, width: Int, start: Int)>, _ ranks: Int
  ) -> [Int] {
    let blocks = tensors.flatMap { tensor in
      let blocks = RowBlocks(rows: tensor.rows)
      return (0..<blocks.count).map { tensor.start + blocks[$0].lowerBound * tensor.width }
    }
    guard let first = tensors.first, let last = tensors.last else { return [] }
    let start = first.start, end = last.start + last.rows * last.width
    let cuts = blocks + [end]
    var next = 0
    return (0...ranks).map { rank in
      let ideal = start + (end - start) * rank / ranks
      while next + 1 < cuts.count, abs(cuts[next + 1] - ideal) <= abs(cuts[next] - ideal) {
        next += 1
      }
      return rank == 0 ? start : rank == ranks ? end : cuts[next]
    }
  }
}
