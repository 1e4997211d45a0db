import Foundation

/// The distribution of numbers, in buckets each of which is a tenth wider than the one before.
public struct Histogram: Sendable, Equatable {
  /// The smallest of all numbers.
  public let minimum: Double
  public let maximum: Double
  public let count: Int
  public let sum: Double
  public let sumOfSquares: Double
  /// Upper ends of the buckets, ascending; the last is at least `maximum`.
  public let limits: [Double]
  /// How many numbers are in each bucket: above the previous limit, up to its own.
  public let counts: [Int]

  private static let growth = 1.1
  private static let smallest = 1e-12

  /// - Parameter values: numbers of at least 0; those that are not finite are left out.
  /// - Returns: nil where no number is left.
  public init?(_ values: [Double]) {
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let largest = finite.max() else { return nil }
    let first = Self.bucket(of: least), last = Self.bucket(of: largest)
    (minimum, maximum, count) = (least, largest, finite.count)
    sum = finite.reduce(0, +)
    sumOfSquares = finite.reduce(0) { $0 + $1 * $1 }
    limits = (first..<last).map(Self.limit) + [max(largest, Self.limit(of: last))]
    counts = finite.reduce(into: [Int](repeating: 0, count: limits.count)) { counts, value in
      counts[Self.bucket(of: value) - first] += 1
    }
  }

  private static func bucket(of value: Double) -> Int {
    value <= smallest ? 0 : Int((log(value) - log(smallest)) / log(growth)) + 1
  }

  private static func limit(of bucket: Int) -> Double {
    min(exp(log(smallest) + Double(bucket) * log(growth)), .greatestFiniteMagnitude)
  }

  /// Field numbers of `HistogramProto`: tensorflow/core/framework/summary.proto.
  var message: ProtobufMessage {
    ProtobufMessage { histogram in
      histogram.add(1, minimum)
      histogram.add(2, maximum)
      histogram.add(3, Double(count))
      histogram.add(4, sum)
      histogram.add(5, sumOfSquares)
      histogram.add(6, limits)
      histogram.add(7, counts.map(Double.init))
    }
  }
}
