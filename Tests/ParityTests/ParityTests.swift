import CoCaModel
import Collectives
import Parity
import Tensors
import TestSupport
import Testing

@Suite("Parity with open_clip and with the paper")
struct ParityTests {
  /// How five pairs lie on ranks.
  private static let shares = [[0..<5], [0..<2, 2..<5], [0..<3, 3..<3, 3..<5]]

  @Test(
    "losses, gradients and weights after updates are the reference's, on 1, 2 and 3 ranks",
    arguments: Fixture.allCases, shares)
  func parity(fixture: Fixture, shares: [Range<Int>]) throws {
    try expectParity(Replay(try fixture.truth()), shares)
  }

  @Test("so they are in micro-batches", arguments: Fixture.allCases, [shares[0], shares[2]])
  func microbatches(fixture: Fixture, shares: [Range<Int>]) throws {
    var replay = Replay(try fixture.truth())
    replay.microbatch = 2
    try expectParity(replay, shares)
  }

  private func expectParity(_ replay: Replay, _ shares: [Range<Int>]) throws {
    let ranks = try ThreadRanks.run(shares.count) { ranks in
      try replay.comparisons(of: shares[ranks.rank], over: ranks)
    }
    for comparison in ranks.joined() where !comparison.passes {
      Issue.record("\(comparison)")
    }
    let outputs: Set = ["image_features", "text_features", "logits"]
    let expected =
      shares.count == 1 ? replay.truth.parts : replay.truth.parts.subtracting(outputs)
    #expect(ranks.allSatisfy { Set($0.map(\.name)) == expected })
  }

  @Test("greedy captions are open_clip's, id for id", arguments: Fixture.greedy)
  func greedy(fixture: Fixture) throws {
    let truth = try fixture.truth()
    let greedy = try #require(truth.description.greedy)
    let found = try truth.model(truth.configuration).captions(
      truth.images, prompt: [greedy.start], end: greedy.end, maximumTokens: greedy.limit
    ).map { $0[0].ids }
    #expect(found == greedy.captions)
    #expect(Set(found.map(\.count)).count > 1)
  }
}
