import Tensors
import Text

/// A rank's share of a step's pairs, ready for the model; may be empty.
///
/// Rows are sorted by lane, then by source, then by the pair's number.
public struct Batch: Sendable {
  /// The pair that a row holds.
  public struct Row: Sendable, Equatable {
    /// Index of the source in the run's list.
    public var source: Int
    /// The pair's number among all pairs of its source since step 0.
    public var number: Int
    /// The epoch and the sample's index in its source, which is the same in every epoch. Together
    /// with the source they are the keys of every random draw.
    public var epoch: Int
    public var sample: Int
    public var lane: Int
    public var key: String
    /// xxh64 of the stored picture, and of the text's words without a prompt, or of its ids where
    /// it has no words; equal contents have equal hashes on all ranks.
    public var imageHash: UInt64
    public var textHash: UInt64
    /// Empty where images are not classified.
    public var classes: [Int]
    /// Of the sample's labels, or of its class; nil where it has neither.
    public var labelHash: UInt64?
  }

  public let step: Int
  /// They wait as bytes.
  let pictures: ImageRows
  public let captions: PackedCaptions
  public let rows: [Row]
  /// The samples that were left out; they have no rows.
  public let skipped: [BadSample]
  /// Seconds that it took to make the batch.
  public let seconds: Double
  public let sourceNames: [String]

  public var count: Int { rows.count }

  /// `[count, 3, height, width]`, normalised; made anew at every call.
  public var images: Tensor { pictures.images }

  /// How many rows each source has.
  public var counts: [Int] {
    rows.reduce(into: sourceNames.map { _ in 0 }) { $0[$1.source] += 1 }
  }

  /// How many rows each of these lanes has, where the batch's rows are those of the lanes in order.
  public func pairs(of lanes: some Sequence<Int>) -> [Int] {
    let counts = rows.reduce(into: [:]) { $0[$1.lane, default: 0] += 1 }
    return lanes.map { counts[$0] ?? 0 }
  }

  /// The keys of each source's samples, by its name, in the order of their pairs' numbers.
  public var keys: [String: [String]] {
    let ordered = rows.sorted { ($0.source, $0.number) < ($1.source, $1.number) }
    return Dictionary(grouping: ordered, by: { sourceNames[$0.source] })
      .mapValues { $0.map(\.key) }
  }
}
