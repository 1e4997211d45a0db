import TestSupport
import Testing
import Training

@Suite("A notice of ranks")
struct RankNoticeTests {
  @Test("is the lowest rank's that has one, with its host, on every rank", arguments: [
    ([nil, "b", "c"], "rank 1 on two: b"), ([nil, nil, "c"], "rank 2 on three: c"),
    ([nil, nil, nil], nil),
  ] as [([String?], String?)])
  func lowest(notices: [String?], expected: String?) throws {
    let found = try ThreadRanks.run(3) {
      try lowestNotice(notices[$0.rank], hosts: ["one", "two", "three"], over: $0)
    }
    #expect(found == [expected, expected, expected])
  }
}
