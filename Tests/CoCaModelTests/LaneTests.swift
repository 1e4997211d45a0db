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
    recomputes: Bool = false, textPasses: ModelConfiguration.TextPasses = .one
  ) throws -> Bits {
    let all = try ThreadRanks.run(size) { ranks in
      let small = try SmallModel(kind, textPasses: textPasses)
      let mine = stride(from: ranks.rank, to: lanes.count, by: size)
      let pairs = mine.flatMap { lane in (0..<lanes[lane]).map { (lane + 3 * $0) % 5 } }
      let images = Tensor([pairs.count] + small.images.shape.dropFirst())
      let captions = PackedCaptions(pairs.map { Array(small.captions[$0]) })
      for (row, pair) in pairs.enumerated() {
        let image = small.part(pair..<pair + 1).0
        (images.pointer + row * image.count).update(from: image.pointer, count: image.count)
      }
      let losses = try Objective(
        small.model, .coca, recomputesBlocks: recomputes, exchange: exchange,
        over: ranks
      ).backward(Pairs(images, captions), lanes: mine.map { lanes[$0] })
      let gradients = small.model.parameters.gradients
      try Exchange(ranks).allReduceSum(gradients.buffer)
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

  @Test("so they have with two passes over the texts")
  func twoPasses() throws {
    let alone = try Self.run(1, textPasses: .two)
    for size in [2, 8] { #expect(try Self.run(size, .ring, textPasses: .two) == alone) }
  }

  @Test("they are those of the whole batch but for rounding")
  func wholeBatch() throws {
    let small = try SmallModel()
    func run(lanes: [Int]?) throws -> (Losses, Tensor) {
      small.model.parameters.gradients.fill(0)
      let losses = try Objective(small.model, .coca, over: SoloCommunicator())
        .backward(Pairs(small.images, small.captions), lanes: lanes)
      return (losses, small.model.parameters.gradients.copy())
    }
    let (whole, expected) = try run(lanes: nil), (cut, found) = try run(lanes: [2, 0, 1, 2])
    #expect(abs(whole.total - cut.total) < 1e-5)
    #expect(whole.imageToTextAccuracy == cut.imageToTextAccuracy)
    // What rounding means here: two last places of every pixel move the gradient so far.
    for i in 0..<small.images.count { small.images.pointer[i] *= 1 + 2.4e-7 }
    let (_, moved) = try run(lanes: nil)
    #expect(distance(found, expected) <= 4 * distance(moved, expected))
  }
}

/// The length of the difference.
func distance(_ a: Tensor, _ b: Tensor) -> Double {
  zip(a.values, b.values).reduce(0) { sum, pair in
    let difference = Double(pair.0) - Double(pair.1)
    return sum + difference * difference
  }.squareRoot()
}
