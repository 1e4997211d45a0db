/// Which rank reads which pair.
///
/// An epoch of a source is one sequence of samples, cut into `count` runs whose lengths differ by
/// at most one. Index `i` of the epoch is place `i / count` of lane `i % count`. With P ranks, rank
/// r reads the lanes l with l mod P = r. So which samples a step has does not depend on the number
/// of ranks.
public struct Lanes: Sendable, Equatable {
  public let count: Int

  public init(count: Int) {
    precondition(count > 0, "a run has at least one lane")
    self.count = count
  }

  public func lane(of index: Int) -> Int { index % count }
  public func place(of index: Int) -> Int { index / count }

  /// The lanes that a rank reads, in order; empty for a rank beyond the last lane.
  public func lanes(of rank: Int, size: Int) -> StrideTo<Int> {
    stride(from: rank, to: count, by: size)
  }

  /// The part of an epoch's sequence of `samples` that a lane reads; may be empty.
  public func run(of lane: Int, samples: Int) -> Range<Int> {
    let (length, longer) = samples.quotientAndRemainder(dividingBy: count)
    let start = lane * length + min(lane, longer)
    return start..<(start + length + (lane < longer ? 1 : 0))
  }

  /// The places of a lane that have an index within `indexes`.
  public func places(of lane: Int, within indexes: Range<Int>) -> Range<Int> {
    places(of: lane, before: indexes.lowerBound)..<places(of: lane, before: indexes.upperBound)
  }

  private func places(of lane: Int, before index: Int) -> Int {
    max(0, (index - lane + count - 1) / count)
  }
}
