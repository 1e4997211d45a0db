import Collectives
import TestSupport
import Testing
import Training

@Suite("Sums over ranks")
struct RankSumsTests {
  private struct Report {
    var pairs = 0
    var seconds = 0.0
    var isLate = false
    var isEarly = false
    var bytes = 0
  }

  @Test("are asked for by name: numbers added, whether any rank says so, every rank's own",
    arguments: [1, 2, 3])
  func names(ranks: Int) throws {
    let found = try ThreadRanks.run(ranks) { ranks in
      let report = Report(
        pairs: 3 + ranks.rank, seconds: 0.5, isLate: ranks.rank == ranks.size - 1,
        bytes: 7 * ranks.rank)
      let sums = try RankSums(
        report,
        added: [
          Slot(\Report.seconds), Slot(\Report.pairs), Slot(\Report.isLate), Slot(\Report.isEarly),
        ], listed: [Slot(\Report.bytes), Slot(\Report.seconds)], over: ranks)
      return [Double(sums.pairs), sums.mean(\.pairs), sums.seconds, sums.isLate ? 1 : 0]
        + [sums.isEarly ? 1 : 0] + sums.list(\.bytes) + sums.list(\.seconds)
    }
    let pairs = (0..<ranks).map { Double(3 + $0) }.reduce(0, +), count = Double(ranks)
    let bytes = (0..<ranks).map { Double(7 * $0) }
    for mine in found {
      let sums = [pairs, pairs / count, 0.5 * count, 1, 0]
      #expect(mine == sums + bytes + [Double](repeating: 0.5, count: ranks))
    }
    #expect(found.count == ranks)
  }
}
