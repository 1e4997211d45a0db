/// The distribution of numbers: some quantiles, the mean, and counts between fixed edges.
public struct Distribution: Encodable, Sendable, Equatable {
  public let count: Int
  public let least, p5, median, p95, most, mean: Double
  /// Bin `i` holds numbers from `edges[i]` to below `edges[i + 1]`; the last bin has no upper end.
  public let edges: [Double]
  public let counts: [Int]

  /// - Parameter edges: ascending; numbers below the first edge are counted in its bin.
  init(_ values: [Double], edges: [Double]) {
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Double {
      sorted.isEmpty ? 0 : sorted[Int((Double(sorted.count - 1) * share).rounded())]
    }
    count = sorted.count
    (least, p5, median) = (quantile(0), quantile(0.05), quantile(0.5))
    (p95, most) = (quantile(0.95), quantile(1))
    mean = sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count)
    self.edges = edges
    counts = sorted.reduce(into: edges.map { _ in 0 }) { counts, value in
      counts[max(0, (edges.firstIndex { $0 > value } ?? edges.count) - 1)] += 1
    }
  }

  static let sides: [Double] = [0, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
  static let aspects: [Double] = [
    0, 0.2, 1.0 / 3, 0.5, 2.0 / 3, 0.8, 0.95, 1.05, 1.25, 1.5, 2, 3, 5,
  ]
  static let bytes: [Double] = [0, 1, 4, 16, 64, 256, 1024, 4096].map { $0 * 1024 }
  static let words: [Double] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100]
  static let ids: [Double] = [0, 4, 8, 12, 16, 24, 32, 48, 64, 76, 128, 256]
  static let characters: [Double] = [0, 5, 10, 20, 30, 50, 75, 100, 150, 250, 500, 1000]
}
