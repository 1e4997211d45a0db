import TensorBoard
import Testing

@Suite("A histogram")
struct HistogramTests {
  @Test("counts every finite number once, in the bucket that it lies in", arguments: [
    [0], [1e-300], [1e-12], [3, 3, 3], [0, 1e-9, 0.5, 700], [1e-307, 1.7e308],
    [2, .infinity, .nan],
  ])
  func counts(values: [Double]) throws {
    let finite = values.filter(\.isFinite)
    let found = try #require(Histogram(values))
    #expect(found.count == finite.count && found.counts.reduce(0, +) == finite.count)
    #expect(found.minimum == finite.min() && found.maximum == finite.max())
    #expect(found.limits.count == found.counts.count)
    #expect(zip(found.limits, found.limits.dropFirst()).allSatisfy { $0 < $1 })
    #expect(found.limits.allSatisfy { $0.isFinite })
    var counted = 0
    for (limit, count) in zip(found.limits, found.counts) {
      counted += count
      #expect(finite.count { $0 <= limit * (1 + 1e-9) } == counted)
    }
  }

  @Test("of no number is none")
  func none() {
    #expect(Histogram([]) == nil)
    #expect(Histogram([.nan, .infinity]) == nil)
  }
}
