import Foundation
import Tensors

/// Draws ids by their probabilities, after the least likely ones are left out in this order.
public struct Sampling: Sendable, Equatable {
  /// Logits are divided by it: below 1 the likely ids become likelier.
  public var temperature: Double
  /// Ids below the k-th largest logit are left out.
  public var topK: Int?
  /// The likeliest ids are kept, until they have this probability together.
  /// - Source: Holtzman et al., arXiv 1904.09751.
  public var topP: Double?
  /// Ids less likely than this share of the likeliest are left out.
  /// - Source: Nguyen et al., arXiv 2407.01082.
  public var minP: Double?
  public var seed: UInt64

  public init(
    temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil,
    seed: UInt64 = 0
  ) {
    (self.temperature, self.topK, self.topP, self.minP) = (temperature, topK, topP, minP)
    self.seed = seed
  }

  /// The probability of every id, 0 of those that are left out.
  package func probabilities(_ scores: [Double]) -> [Double] {
    var scores = scores.map { $0 / temperature }
    if let topK { Self.keep(most: topK, &scores) }
    var probabilities = Self.softmax(scores)
    if let topP, topP < 1 { Self.keep(mass: topP, &probabilities) }
    if let minP, let most = probabilities.max() {
      for id in probabilities.indices where probabilities[id] < minP * most {
        probabilities[id] = 0
      }
    }
    let total = probabilities.reduce(0, +)
    return total > 0 ? probabilities.map { $0 / total } : probabilities
  }

  /// An id, drawn by a random number that only the seed, the image, the caption and the place of
  /// the id decide; nil where none can come.
  func draw(_ scores: [Double], image: String, sample: Int, place: Int) -> Int? {
    let random = CounterRandom(seed: seed, "caption", .text(image), .init(sample))
    let point = random.uniform(UInt64(place))
    var sum = 0.0, last: Int?
    for (id, probability) in probabilities(scores).enumerated() where probability > 0 {
      (sum, last) = (sum + probability, id)
      if point < sum { break }
    }
    return last
  }

  /// Keeps the k largest, and all that equal the last of them.
  private static func keep(most count: Int, _ scores: inout [Double]) {
    guard count < scores.count else { return }
    var best = BestOf<Void>(count)
    for score in scores { best.add((), score) }
    for id in scores.indices where scores[id] < best.bound { scores[id] = -.infinity }
  }

  /// Keeps the likeliest ids that have `mass` together.
  private static func keep(mass: Double, _ probabilities: inout [Double]) {
    // Those below have less than the rest together: they need not be sorted.
    let bound = (1 - mass) / Double(probabilities.count)
    let likely = probabilities.indices.filter { probabilities[$0] > bound }
      .sorted { (probabilities[$0], $1) < (probabilities[$1], $0) }
    var sum = 0.0
    for id in probabilities.indices where probabilities[id] <= bound {
      sum += probabilities[id]
      probabilities[id] = 0
    }
    for id in likely.dropLast() {
      sum += probabilities[id]
      if sum > 1 - mass { break }
      probabilities[id] = 0
    }
  }

  private static func softmax(_ scores: [Double]) -> [Double] {
    let total = scores.logSumExp
    return total.isFinite ? scores.map { exp($0 - total) } : scores.map { _ in 0 }
  }
}
