import Tensors
import Text

/// A rank's share of a step's pairs, ready for the model; may be empty.
///
/// Rows stand lane by lane, within a lane source by source, within a source by number.
public struct Batch: Sendable {
  /// Which pair a row is.
  public struct Row: Sendable, Equatable {
    /// Index of the source in the run's list.
    public var source: Int
    /// The pair's number among all pairs of its source since step 0.
    public var number: Int
    /// With the source the keys of every random draw: which epoch, and the sample's own number in
    /// its source, the same in every epoch.
    public var epoch: Int
    public var sample: Int
    public var lane: Int
    public var key: String
    /// xxh64 of the stored picture and of the text's ids, by which equal ones are known on all ranks.
    public var imageHash: UInt64
    public var textHash: UInt64
  }

  public let step: Int
  /// `[count, 3, height, width]`, normalised.
  public let images: Tensor
  public let captions: PackedCaptions
  public let rows: [Row]
  /// The samples left out; their rows do not exist.
  public let skipped: [BadSample]
  /// Seconds it took to make.
  public let seconds: Double
  public let sourceNames: [String]

  public var count: Int { rows.count }

  /// Rows of each source.
  public var counts: [Int] {
    rows.reduce(into: sourceNames.map { _ in 0 }) { $0[$1.source] += 1 }
  }

  /// Rows of each of some lanes, in which they stand.
  public func pairs(of lanes: some Sequence<Int>) -> [Int] {
    let counts = rows.reduce(into: [:]) { $0[$1.lane, default: 0] += 1 }
    return lanes.map { counts[$0] ?? 0 }
  }

  /// The keys of each source by its name, in the order of their pairs' numbers.
  public var keys: [String: [String]] {
    let ordered = rows.sorted { ($0.source, $0.number) < ($1.source, $1.number) }
    return Dictionary(grouping: ordered, by: { sourceNames[$0.source] })
      .mapValues { $0.map(\.key) }
  }
}
