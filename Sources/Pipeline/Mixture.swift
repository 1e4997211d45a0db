/// How many pairs of each source have been taken so far. It follows from the step alone and is
/// computed in whole numbers.
///
/// Each batch has the whole part of every source's share. The remaining pairs (fewer than there are
/// sources) are divided by a tree of two-way splits over all steps so far: a node gives its lighter
/// half `round(divided · lighter / both)`. A rounded share of a growing total never shrinks. So the
/// counts never go back, sum to `step · batch` exactly, differ from the exact share by less than
/// two pairs at any step, and meet it exactly in the long run.
public struct Mixture: Sendable {
  public let batch: Int
  /// Whole-number weights without a common divisor.
  public let weights: [Int]
  /// Sum of `weights`.
  public let total: Int
  private let whole: [Int]
  private let leftOver: Int
  private let tree: Split

  /// - Parameters:
  ///   - weights: a weight for every source or for none; then its number of samples is its weight.
  ///   - samples: samples of each source.
  /// - Throws: `PipelineError` for no sources, an empty one, or weights that are not positive
  ///   decimals of at most nine places, or that only some sources have.
  public init(batch: Int, weights: [Double?], samples: [Int]) throws(PipelineError) {
    precondition(weights.count == samples.count, "a weight, or none, for each source")
    guard batch > 0 else { throw PipelineError("batch", .notPositive("\(batch)")) }
    guard !samples.isEmpty else { throw PipelineError("data", .noSources) }
    if let empty = samples.firstIndex(where: { $0 <= 0 }) {
      throw PipelineError("data[\(empty)]", .noSamples)
    }
    self.batch = batch
    self.weights = try Self.wholeNumbers(weights, samples: samples)
    let total = self.weights.reduce(0, +)
    self.total = total
    let shares = self.weights.map { share in
      let product = batch.multipliedFullWidth(by: share)
      return total.dividingFullWidth(product)
    }
    whole = shares.map(\.quotient)
    leftOver = batch - whole.reduce(0, +)
    tree = Split(shares.map(\.remainder))
  }

  /// Pairs of each source that steps `0 ..< step` have taken.
  public func taken(before step: Int) -> [Int] {
    var taken = whole.map { $0 * step }
    tree.deal(leftOver * step, to: &taken)
    return taken
  }

  /// The numbers of the pairs that a step takes from each source; some ranges may be empty.
  public func pairs(of step: Int) -> [Range<Int>] {
    zip(taken(before: step), taken(before: step + 1)).map { $0..<$1 }
  }

  /// A source's exact share of a batch, in pairs.
  public func share(of source: Int) -> Double {
    Double(batch) * Double(weights[source]) / Double(total)
  }

  private static let largestWeight = 1_000_000_000_000_000

  private static func wholeNumbers(
    _ weights: [Double?], samples: [Int]
  ) throws(PipelineError) -> [Int] {
    let given = weights.compactMap(\.self)
    guard given.isEmpty || given.count == weights.count else {
      throw PipelineError("data", .someWeightsMissing)
    }
    let numbers = given.isEmpty ? samples : try wholeNumbers(given)
    let divisor = numbers.reduce(0, greatestCommonDivisor)
    let reduced = numbers.map { $0 / divisor }
    guard reduced.reduce(0.0, { $0 + Double($1) }) <= Double(largestWeight) else {
      throw PipelineError("data", .weightsTooLarge)
    }
    return reduced
  }

  private static func wholeNumbers(_ weights: [Double]) throws(PipelineError) -> [Int] {
    for (source, weight) in weights.enumerated() where !(weight > 0 && weight.isFinite) {
      throw PipelineError("data[\(source)].weight", .notPositive("\(weight)"))
    }
    guard let scale = decimalScale(of: weights) else {
      throw PipelineError("data", .weightsTooFine)
    }
    guard weights.allSatisfy({ $0 * scale <= Double(largestWeight) }) else {
      throw PipelineError("data", .weightsTooLarge)
    }
    return weights.map { Int(($0 * scale).rounded()) }
  }
}

/// The smallest power of ten, up to 10⁹, that turns all these decimals into whole numbers.
func decimalScale(of numbers: [Double]) -> Double? {
  var scale = 1.0
  for _ in 0...9 {
    if numbers.allSatisfy({ ($0 * scale).rounded() / scale == $0 }) { return scale }
    scale *= 10
  }
  return nil
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  var (a, b) = (a, b)
  while b != 0 { (a, b) = (b, a % b) }
  return a
}

/// A tree of two-way splits, built like Huffman's: the two lightest nodes are joined until one is
/// left. Rounding errors then shrink on the way down.
private indirect enum Split: Sendable {
  case source(Int, weight: Int)
  case both(Split, Split, weight: Int)

  init(_ weights: [Int]) {
    var parts = weights.enumerated().map { Split.source($0.offset, weight: $0.element) }
    while parts.count > 1 {
      let light = parts.removeLightest(), heavy = parts.removeLightest()
      parts.append(.both(light, heavy, weight: light.weight + heavy.weight))
    }
    self = parts[0]
  }

  var weight: Int {
    switch self {
    case .source(_, let weight), .both(_, _, let weight): weight
    }
  }

  func deal(_ pairs: Int, to taken: inout [Int]) {
    switch self {
    case .source(let source, _): taken[source] += pairs
    case .both(let light, let heavy, let weight):
      guard pairs > 0 else { return }
      let product = UInt128(pairs) * UInt128(light.weight) * 2 + UInt128(weight)
      let lighter = Int(product / (2 * UInt128(weight)))
      light.deal(lighter, to: &taken)
      heavy.deal(pairs - lighter, to: &taken)
    }
  }
}

extension [Split] {
  fileprivate mutating func removeLightest() -> Split {
    var lightest = 0
    for (place, part) in enumerated() where part.weight < self[lightest].weight { lightest = place }
    return remove(at: lightest)
  }
}
