import Collectives

/// How often a picture's class is the nearest of all.
public struct ZeroShotScores: Codable, Sendable, Equatable {
  public var images: Int
  public var classes: Int
  /// The fraction of pictures whose class is the nearest; `top5`: among the nearest five.
  public var top1: Double
  public var top5: Double
  /// The mean over the classes that have pictures of each class's top-1 fraction.
  public var meanPerClass: Double

  package init(images: Int, classes: Int, top1: Double, top5: Double, meanPerClass: Double) {
    (self.images, self.classes) = (images, classes)
    (self.top1, self.top5, self.meanPerClass) = (top1, top5, meanPerClass)
  }

  enum CodingKeys: String, CodingKey {
    case images, classes, top1, top5
    case meanPerClass = "mean_per_class"
  }
}

extension ZeroShotScores {
  /// Scores over all ranks' pictures. Collective.
  /// - Parameters:
  ///   - truths: the class of each of this rank's pictures.
  ///   - places: from `Ranking.places`: how many classes are nearer than the true one.
  public init(
    truths: [Int], places: [Int], classes: Int, over ranks: any Communicator
  ) throws(CollectiveError) {
    var seen = [Double](repeating: 0, count: classes), hits = seen
    for (truth, place) in zip(truths, places) {
      seen[truth] += 1
      hits[truth] += place < 1 ? 1 : 0
    }
    let topFive = Double(places.count { $0 < 5 })
    var sums = seen + hits + [topFive]
    try ranks.allReduceSum(&sums)
    let images = sums[..<classes].reduce(0, +)
    let fractions = (0..<classes).filter { sums[$0] > 0 }.map { sums[classes + $0] / sums[$0] }
    self.init(
      images: Int(images), classes: classes,
      top1: sums[classes..<(2 * classes)].reduce(0, +) / max(images, 1),
      top5: sums[2 * classes] / max(images, 1),
      meanPerClass: fractions.reduce(0, +) / Double(max(fractions.count, 1)))
  }
}
