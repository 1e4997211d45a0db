/// A pair that a step reads: which one of its source, and whose.
public struct PlannedPair: Sendable, Hashable {
  public var source: Int
  /// The pair's number among all pairs of its source since step 0.
  public var number: Int
  public var epoch: Int
  public var lane: Int
  /// Its place in the lane's run of that epoch.
  public var place: Int
}

/// What every rank reads in every step, as a pure function of the step.
public struct BatchPlan: Sendable {
  public let mixture: Mixture
  public let lanes: Lanes
  /// Samples of each source.
  public let samples: [Int]

  public init(mixture: Mixture, lanes: Lanes, samples: [Int]) {
    precondition(mixture.weights.count == samples.count, "samples of each source")
    precondition(samples.allSatisfy { $0 > 0 }, "no source is empty")
    self.mixture = mixture
    self.lanes = lanes
    self.samples = samples
  }

  /// The pairs a rank reads in a step: lane by lane, within a lane source by source, within a
  /// source by number. A lane's pairs are the same, in the same order, for every number of ranks.
  public func pairs(step: Int, rank: Int, size: Int) -> [PlannedPair] {
    let spans = zip(mixture.pairs(of: step), samples).map(Self.epochs)
    return lanes.lanes(of: rank, size: size).flatMap { lane in
      spans.enumerated().flatMap { source, spans in
        spans.flatMap { pairs(of: $0, source: source, lane: lane) }
      }
    }
  }

  private struct Span {
    var epoch: Int
    var firstNumber: Int
    var indexes: Range<Int>
  }

  /// Pair numbers cut where a source's epochs turn.
  private static func epochs(of numbers: Range<Int>, samples: Int) -> [Span] {
    var spans: [Span] = []
    var number = numbers.lowerBound
    while number < numbers.upperBound {
      let (epoch, index) = number.quotientAndRemainder(dividingBy: samples)
      let end = min(samples, index + numbers.upperBound - number)
      spans.append(Span(epoch: epoch, firstNumber: number - index, indexes: index..<end))
      number += end - index
    }
    return spans
  }

  private func pairs(of span: Span, source: Int, lane: Int) -> [PlannedPair] {
    lanes.places(of: lane, within: span.indexes).map { place in
      PlannedPair(
        source: source, number: span.firstNumber + place * lanes.count + lane,
        epoch: span.epoch, lane: lane, place: place)
    }
  }
}
