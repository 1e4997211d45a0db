import Autograd
import CoCaModel
import Collectives
import Tensors
import TestSupport
import Testing
import Text

@Suite("Prefixes")
struct PrefixTests {
  private func pairs(_ samples: Range<Int>, words: Int = 4, epoch: Int = 0) -> Pairs {
    let text = Array(repeating: Int32(5), count: words + 2)
    return Pairs(
      Tensor.zeros([samples.count, 3, 1, 1]), PackedCaptions(samples.map { _ in text }),
      identities: samples.map {
        PairIdentity(source: 1, epoch: epoch, sample: $0, image: 0, text: 0)
      })
  }

  @Test("are equally often of every length from the start token to all ids but the last")
  func lengths() throws {
    let prefixes = try #require(pairs(0..<5000).drawingPrefixes(seed: 3).prefixes)
    for length in 1...5 {
      let share = Double(prefixes.count { $0 == length }) / 5000
      #expect(abs(share - 0.2) < 0.03, "\(length): \(share)")
    }
    #expect(prefixes.allSatisfy { (1...5).contains($0) })
    let shortest = try #require(pairs(0..<9, words: 0).drawingPrefixes(seed: 3).prefixes)
    #expect(shortest.allSatisfy { $0 == 1 })
  }

  @Test("depend on seed, source, epoch and sample, not on the batch")
  func keys() throws {
    func drawn(_ pairs: Pairs, seed: UInt64 = 3) throws -> [Int] {
      try #require(pairs.drawingPrefixes(seed: seed).prefixes)
    }
    let all = try drawn(pairs(0..<40))
    #expect(try drawn(pairs(7..<20)) == Array(all[7..<20]))
    #expect(try drawn(pairs(0..<40), seed: 4) != all)
    #expect(try drawn(pairs(0..<40, epoch: 1)) != all)
  }

  @Test("of several texts of an image are drawn apart")
  func texts() throws {
    let text = Array(repeating: Int32(5), count: 40)
    let pairs = Pairs(
      Tensor.zeros([1, 3, 1, 1]), PackedCaptions([text, text, text]), owners: [0, 0, 0],
      identities: Array(
        repeating: PairIdentity(source: 0, epoch: 0, sample: 0, image: 0, text: 0), count: 3))
    #expect(Set(try #require(pairs.drawingPrefixes(seed: 1).prefixes)).count > 1)
  }

  @Test("leave so many ids to predict, and have the gradients of central differences")
  func gradients() throws {
    let small = try SmallModel()
    var pairs = Pairs(small.images, small.captions)
    pairs.prefixes = [2, 1, 7, 1, 3]
    let terms = [WeightedTerm(ContrastiveTerm(), 1), WeightedTerm(CaptionTerm(smoothing: 0.2), 2)]
    let objective = Objective(small.model, terms, over: SoloCommunicator())
    #expect(try objective.evaluate(pairs)["caption"]?.count == 3 + 1 + 1 + 2 + 2)
    try checkGradients(
      of: small.model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
  }
}
