import Collectives
import Testing

@Suite("Halving")
struct HalvingTests {
  @Test("in every step each rank's messages are expected by those they go to", arguments: 1...40)
  func matched(size: Int) {
    let ranks = (0..<size).map { Halving.all(rank: $0, size: size) }
    for rank in 0..<size {
      for (step, halving) in ranks[rank].enumerated() {
        let taker = ranks[halving.partner][step]
        #expect(taker.givers.contains(rank))
        #expect(taker.mine == halving.theirs && taker.theirs == halving.mine)
        for giver in halving.givers { #expect(ranks[giver][step].partner == rank) }
      }
    }
  }

  @Test("after all steps a rank has every rank's numbers for its own part, once", arguments: 1...40)
  func complete(size: Int) {
    // What each rank's sum for each rank's part consists of.
    var sums = (0..<size).map { rank in [[Int]](repeating: [rank], count: size) }
    let ranks = (0..<size).map { Halving.all(rank: $0, size: size) }
    for step in 0..<(ranks.map(\.count).max() ?? 0) {
      let before = sums
      for rank in 0..<size where step < ranks[rank].count {
        for giver in ranks[rank][step].givers {
          for part in ranks[rank][step].mine { sums[rank][part] += before[giver][part] }
        }
      }
    }
    for rank in 0..<size { #expect(sums[rank][rank].sorted() == Array(0..<size)) }
  }

  @Test("of a power of two, ranks that differ in the highest bit are paired first", arguments: [
    2, 4, 8, 16, 64,
  ])
  func highestBitFirst(size: Int) {
    for rank in 0..<size {
      var bit = size / 2
      for halving in Halving.all(rank: rank, size: size) {
        #expect(halving.partner == rank ^ bit && halving.givers == [rank ^ bit])
        bit /= 2
      }
      #expect(bit == 0)
    }
  }
}
