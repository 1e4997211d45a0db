/// Consecutive places of one lane in one epoch of one source, which are read in one step.
public struct LaneRun: Sendable, Hashable {
  public var source: Int
  public var epoch: Int
  public var lane: Int
  public var places: Range<Int>
  /// The number of the pair at the first place, among all pairs of the source since step 0; from
  /// place to place it grows by the number of lanes.
  public var firstNumber: Int
}

/// What every rank reads in every step; it follows from the step alone.
public struct BatchPlan: Sendable {
  public let mixture: Mixture
  public let lanes: Lanes
  /// How many samples each source has.
  public let samples: [Int]

  public init(mixture: Mixture, lanes: Lanes, samples: [Int]) {
    precondition(mixture.weights.count == samples.count, "samples of each source")
    precondition(samples.allSatisfy { $0 > 0 }, "no source is empty")
    self.mixture = mixture
    self.lanes = lanes
    self.samples = samples
  }

  /// What a rank reads in a step, sorted by lane, then by source, then by the pair's number. A
  /// lane's pairs are the same, in the same order, for every number of ranks.
  public func runs(step: Int, rank: Int, size: Int) -> [LaneRun] {
    let spans = zip(mixture.pairs(of: step), samples).map(Self.epochs)
    return lanes.lanes(of: rank, size: size).flatMap { lane in
      spans.enumerated().flatMap { source, spans in
        spans.compactMap { run(of: $0, source: source, lane: lane) }
      }
    }
  }

  /// How many epochs of each source are done after steps `0 ..< step`.
  public func epochs(before step: Int) -> [Double] {
    zip(mixture.taken(before: step), samples).map { Double($0) / Double($1) }
  }

  private struct Span {
    var epoch: Int
    /// The number of the epoch's first pair.
    var epochStart: Int
    var indexes: Range<Int>
  }

  /// Ranges of pair numbers, divided where an epoch of the source ends.
  private static func epochs(of numbers: Range<Int>, samples: Int) -> [Span] {
    var spans: [Span] = []
    var number = numbers.lowerBound
    while number < numbers.upperBound {
      let (epoch, index) = number.quotientAndRemainder(dividingBy: samples)
      let end = min(samples, index + numbers.upperBound - number)
      spans.append(Span(epoch: epoch, epochStart: number - index, indexes: index..<end))
      number += end - index
    }
    return spans
  }

  private func run(of span: Span, source: Int, lane: Int) -> LaneRun? {
    let places = lanes.places(of: lane, within: span.indexes)
    guard !places.isEmpty else { return nil }
    return LaneRun(
      source: source, epoch: span.epoch, lane: lane, places: places,
      firstNumber: span.epochStart + places.lowerBound * lanes.count + lane)
  }
}
