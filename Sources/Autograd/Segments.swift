/// Where the sequences of a packed batch begin and end: sequence `i` is rows
/// `offsets[i] ..< offsets[i + 1]` of a tall matrix. There is no padding.
public struct Segments: Sendable, Equatable {
  public let offsets: [Int]

  /// - Parameter offsets: `count + 1` ascending positions from 0.
  public init(offsets: [Int]) { self.offsets = offsets }

  public init(lengths: some Sequence<Int>) {
    var offsets = [0]
    for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
    self.init(offsets: offsets)
  }

  /// `count` sequences of one length, such as the patches of a batch of images.
  public init(count: Int, length: Int) {
    self.init(lengths: repeatElement(length, count: count))
  }

  public var count: Int { offsets.count - 1 }
  public var rows: Int { offsets[count] }
  public var longest: Int { (0..<count).map { self[$0].count }.max() ?? 0 }
  public subscript(index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

  /// The same sequences with `more` rows added to the end of each (or taken, if negative).
  public func extended(by more: Int) -> Segments {
    Segments(lengths: (0..<count).map { self[$0].count + more })
  }
}
