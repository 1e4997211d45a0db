import Collectives
import Testing

@Suite("Alone")
struct SoloCommunicatorTests {
  private let ranks = SoloCommunicator()

  @Test("sums, largest values and broadcasts are the values themselves", arguments: [0, 1, 7])
  func valuesStay(count: Int) {
    let before = (0..<count).map { Double($0) - 2.5 }
    var doubles = before
    ranks.allReduceSum(&doubles)
    ranks.allReduceMax(&doubles)
    #expect(doubles == before)
    var bytes = [UInt8](repeating: 9, count: count)
    ranks.broadcast(&bytes, from: 0)
    #expect(bytes == [UInt8](repeating: 9, count: count))
    #expect(ranks.allGather(bytes) == [bytes])
    ranks.barrier()
  }

  @Test("a gather copies, and leaves what stands in place", arguments: [0, 1, 7])
  func gatherCopies(count: Int) {
    let mine = (0..<count).map { Float($0) }
    var all = [Float](repeating: -1, count: count)
    mine.withUnsafeBufferPointer { mine in
      all.withUnsafeMutableBufferPointer { ranks.allGather(mine, counts: [count], into: $0) }
    }
    #expect(all == mine)
    all.withUnsafeMutableBufferPointer {
      ranks.allGather(UnsafeBufferPointer($0), counts: [count], into: $0)
    }
    #expect(all == mine)
  }

  @Test("an error reaches the caller as it is")
  func errorsStay() throws {
    struct Broken: Error, Equatable {}
    #expect(throws: Broken()) { try together(ranks) { throw Broken() } }
    #expect(try together(ranks) { 3 } == 3)
  }
}
