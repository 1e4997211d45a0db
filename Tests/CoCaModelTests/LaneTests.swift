import CoCaModel
import Collectives
import Tensors
import TestSupport
import Testing
import Text

/// Eight lanes of 0 to 3 pairs on 1, 2, 4 and 8 ranks.
@Suite("With lanes as parts")
struct LaneTests {
  private static let lanes = [1, 2, 0, 3, 1, 1, 2, 1]

  /// What a run depends on, of one rank; the same on all.
  private struct Bits: Equatable, Sendable {
    let losses: [Double]
    let gradients: [UInt32]
  }

  private static func run(
    _ size: Int, _ exchange: ContrastiveExchange = .gather, _ kind: SmallModel.Kind = .cascade,
    recomputes: Bool = false
  ) throws -> Bits {
    let all = try ThreadRanks.run(size) { ranks in
      let small = try SmallModel(kind)
      let mine = stride(from: ranks.rank, to: lanes.count, by: size)
      let pairs = mine.flatMap { lane in (0..<lanes[lane]).map { (lane + 3 * $0) % 5 } }
      let images = Tensor([pairs.count] + small.images.shape.dropFirst())
      let captions = PackedCaptions(pairs.map { Array(small.captions[$0]) })
      for (row, pair) in pairs.enumerated() {
        let image = small.part(pair..<pair + 1).0
        (images.pointer + row * image.count).update(from: image.pointer, count: image.count)
      }
      let losses = try Objective(
        small.model, weights: LossWeights(), recomputesBlocks: recomputes, exchange: exchange,
        over: ranks
      ).backward(images, captions, lanes: mine.map { lanes[$0] })
      let gradients = small.model.parameters.gradients
      try ranks.treeSum(gradients.buffer)
      return Bits(
        losses: [losses.total, losses.contrastive, losses.caption, losses.imageToTextAccuracy],
        gradients: gradients.values.map(\.bitPattern))
    }
    #expect(all.allSatisfy { $0 == all[0] }, "\(size) ranks agree")
    return all[0]
  }

  @Test(
    "losses and gradients have the same bits on 1, 2, 4 and 8 ranks, gathered or by tiles",
    arguments: ContrastiveExchange.allCases, [false, true])
  func sameBits(exchange: ContrastiveExchange, recomputes: Bool) throws {
    let alone = try Self.run(1)
    for size in [1, 2, 4, 8] {
      #expect(try Self.run(size, exchange, recomputes: recomputes) == alone, "\(size) ranks")
    }
  }

  @Test("so they have in open_clip's layout", arguments: SmallModel.Kind.openCLIP)
  func openCLIP(kind: SmallModel.Kind) throws {
    let alone = try Self.run(1, .gather, kind)
    for size in [2, 8] { #expect(try Self.run(size, .gather, kind) == alone, "\(size) ranks") }
  }

  @Test("they are those of the whole batch but for rounding")
  func wholeBatch() throws {
    let small = try SmallModel()
    let expected = try Objective(small.model, weights: LossWeights(), over: SoloCommunicator())
      .backward(small.images, small.captions)
    let gradients = small.model.parameters.gradients.copy()
    small.model.parameters.gradients.fill(0)
    let found = try Objective(small.model, weights: LossWeights(), over: SoloCommunicator())
      .backward(small.images, small.captions, lanes: [2, 0, 1, 2])
    #expect(abs(found.total - expected.total) < 1e-5)
    expectClose(small.model.parameters.gradients, gradients, relative: 1e-5, "gradients")
  }
}
