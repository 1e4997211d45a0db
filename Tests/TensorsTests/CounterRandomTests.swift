import Tensors
import Testing

@Suite("Counter-based random numbers")
struct CounterRandomTests {
  /// From kat_vectors of Random123, the generator's reference implementation.
  @Test("Philox2x64-10 gives its authors' known answers", arguments: [
    (UInt64(0), UInt64(0), UInt64(0), UInt64(0xca00_a045_9843_d731), UInt64(0x66c2_4222_c9a8_45b5)),
    (.max, .max, .max, 0x65b0_21d6_0cd8_310f, 0x4d02_f322_2f86_df20),
    (
      0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x0a5e_742c_2997_341c,
      0xb0f8_83d3_8000_de5d
    ),
  ])
  func knownAnswers(x: UInt64, y: UInt64, key: UInt64, first: UInt64, second: UInt64) {
    let found = CounterRandom.philox(x, y, key: key)
    #expect(found.0 == first && found.1 == second)
  }

  @Test("a stream is a function of the seed and every part of its name, in their order")
  func streams() {
    let streams = [
      CounterRandom(seed: 0), CounterRandom(seed: 1), CounterRandom(seed: 0, 0),
      CounterRandom(seed: 0, "a"), CounterRandom(seed: 0, "b"), CounterRandom(seed: 0, "a", "b"),
      CounterRandom(seed: 0, "b", "a"), CounterRandom(seed: 0, "ab"),
      CounterRandom(seed: 0, "a", 1), CounterRandom(seed: 0, "a", 2), CounterRandom(seed: 1, "a"),
    ]
    let draws = streams.flatMap { stream in (0..<50).map { stream.bits($0) } }
    #expect(Set(draws).count == streams.count * 50)
    #expect(CounterRandom(seed: 0, "a", 1).bits(7) == streams[8].bits(7))
  }

  @Test("uniform numbers fill 0 ..< 1 evenly and neighbours are unrelated")
  func uniform() {
    let random = CounterRandom(seed: 2, "uniform"), count = 100_000
    let draws = (0..<UInt64(count)).map { random.uniform($0) }
    #expect(draws.allSatisfy { (0..<1).contains($0) })
    var bins = Array(repeating: 0.0, count: 20)
    for draw in draws { bins[Int(draw * 20)] += 1 }
    // Chi-squared with 19 degrees of freedom: 43.8 is exceeded once in a thousand seeds.
    #expect(bins.reduce(0) { $0 + ($1 - 5000) * ($1 - 5000) / 5000 } < 43.8)
    let products = zip(draws, draws.dropFirst()).reduce(0) { $0 + ($1.0 - 0.5) * ($1.1 - 0.5) }
    #expect(abs(products / Double(count)) < 4.0 / 12 / Double(count).squareRoot())
  }

  @Test("normal numbers have mean 0, deviation 1, no skew, and a normal's tails")
  func normal() {
    let random = CounterRandom(seed: 3, "normal"), count = 100_000
    let draws = (0..<UInt64(count)).map { random.normal($0) }
    func moment(_ power: Int) -> Double {
      draws.reduce(0) { sum, draw in sum + (0..<power).reduce(1) { value, _ in value * draw } }
        / Double(count)
    }
    // Four standard errors each.
    let unit = 4 / Double(count).squareRoot()
    #expect(abs(moment(1)) < unit)
    #expect(abs(moment(2) - 1) < unit * 2.0.squareRoot())
    #expect(abs(moment(3)) < unit * 15.0.squareRoot())
    #expect(abs(moment(4) - 3) < unit * 96.0.squareRoot())
    let far = Double(draws.count { abs($0) > 1.96 }) / Double(count)
    #expect(abs(far - 0.05) < unit * 0.22)
  }

  @Test("numbers below a bound reach all of them equally often", arguments: [1, 2, 3, 7, 64])
  func below(bound: Int) {
    let random = CounterRandom(seed: 4, "below"), draws = 2000 * bound
    var counts = Array(repeating: 0, count: bound)
    for index in 0..<UInt64(draws) { counts[random.below(bound, at: index)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 2000) < 200 }, "\(counts)")
    #expect((0..<100).allSatisfy { random.below(.max, at: $0) >= 0 })
  }

  @Test("shuffled is a permutation for every length, and depends on the stream", arguments: 0...40)
  func shuffled(count: Int) {
    let elements = Array(0..<count)
    let first = CounterRandom(seed: 5, "shuffle").shuffled(elements)
    #expect(first.sorted() == elements)
    #expect(CounterRandom(seed: 5, "shuffle").shuffled(elements) == first)
    if count > 10 { #expect(CounterRandom(seed: 6, "shuffle").shuffled(elements) != first) }
  }

  @Test("each of the six orders of three comes equally often")
  func orders() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 {
      counts[CounterRandom(seed: UInt64(seed), "orders").shuffled([0, 1, 2]), default: 0] += 1
    }
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 120 }, "\(counts)")
  }
}
