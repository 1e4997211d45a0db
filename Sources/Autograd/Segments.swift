/// Where the sequences of a packed batch begin and end. Sequence `i` is rows `self[i]` of one
/// matrix, in which they follow each other without padding.
public struct Segments: Sendable, Equatable {
  private let ranges: [Range<Int>]

  /// - Parameter offsets: `count + 1` ascending positions from 0.
  public init(offsets: [Int]) {
    ranges = zip(offsets, offsets.dropFirst()).map { $0..<$1 }
  }

  public init(lengths: some Sequence<Int>) {
    var end = 0
    ranges = lengths.map { length in
      defer { end += length }
      return end..<end + length
    }
  }

  /// `count` sequences of the same length, such as the patches of a batch of images.
  public init(count: Int, length: Int) {
    self.init(lengths: repeatElement(length, count: count))
  }

  /// Sequences that will grow: sequence `i` begins at row `i · room`.
  public init(lengths: some Sequence<Int>, room: Int) {
    ranges = lengths.enumerated().map { $0 * room..<$0 * room + $1 }
  }

  public var count: Int { ranges.count }
  public var rows: Int { ranges.last?.upperBound ?? 0 }
  public var longest: Int { ranges.map(\.count).max() ?? 0 }
  public subscript(index: Int) -> Range<Int> { ranges[index] }

  /// The same sequences with `more` rows added at the end of each, or removed if negative.
  public func extended(by more: Int) -> Segments {
    Segments(lengths: ranges.map { $0.count + more })
  }

  /// Every `count` sequences as one.
  public func joined(_ count: Int) -> Segments {
    let firsts = stride(from: 0, to: ranges.count, by: count)
    return Segments(lengths: firsts.map { first in
      ranges[first..<min(first + count, ranges.count)].reduce(0) { $0 + $1.count }
    })
  }
}
