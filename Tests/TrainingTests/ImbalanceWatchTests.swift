import Testing
import Training

@Suite("A slow rank")
struct ImbalanceWatchTests {
  private func named(_ steps: [(rank: Int, imbalance: Double)]) -> [Int] {
    var watch = ImbalanceWatch()
    return steps.indices.filter {
      watch.add(rank: steps[$0].rank, imbalance: steps[$0].imbalance)
    }
  }

  @Test("is named once it was slow in most of the last steps, in the steps in which it is")
  func slow() {
    let steps = (0..<40).map { (rank: 1, imbalance: $0 % 5 == 4 ? 1.1 : 1.4) }
    let found = named(steps)
    #expect(found.first == 17 && found.last == 38)
    #expect(found.allSatisfy { $0 % 5 != 4 })
  }

  @Test("is not named for single steps, nor where ranks take turns")
  func healthy() {
    #expect(named((0..<389).map { (rank: $0 % 2, imbalance: $0 % 6 == 0 ? 1.5 : 1.02) }).isEmpty)
    #expect(named((0..<100).map { (rank: $0 % 2, imbalance: 1.3) }).isEmpty)
  }

  @Test("is no longer named once it is as fast as the others")
  func recovered() {
    let steps = Array(repeating: (rank: 3, imbalance: 2.0), count: 30)
      + Array(repeating: (rank: 3, imbalance: 1.05), count: 30)
    #expect(named(steps).last == 29)
  }
}
