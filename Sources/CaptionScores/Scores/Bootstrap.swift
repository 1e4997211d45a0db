/// Percentile bootstrap intervals: images are drawn with replacement, as many as there are, a
/// thousand times.
struct Bootstrap {
  static let draws = 1000
  private static let outside = 0.025
  private let imageCount: Int

  init(imageCount: Int) { self.imageCount = imageCount }

  /// For each score of `score` the bounds between which 95 of 100 draws lie. The same images are
  /// drawn every time that the program runs.
  func intervals(_ score: ([Int]) -> [Double]) -> [ClosedRange<Double>] {
    var random = SplitMix(state: 0)
    let rows = (0..<Self.draws).map { _ in
      score((0..<imageCount).map { _ in Int.random(in: 0..<imageCount, using: &random) })
    }
    return rows[0].indices.map { column in
      let values = rows.map { $0[column] }.sorted()
      let low = Int(Self.outside * Double(Self.draws))
      return values[low]...values[Self.draws - 1 - low]
    }
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return mixed ^ mixed >> 31
    }
  }
}
