import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing
import Text

/// Images with one, two or three texts each.
@Suite("Several texts of an image")
struct SeveralTextsTests {
  private static let joint = 6
  private static let scale: Float = 5
  private static let texts = [2, 1, 3, 1, 2]
  private static let owners = texts.indices.flatMap { Array(repeating: $0, count: texts[$0]) }

  private static func rows(_ count: Int, _ seed: UInt64) -> Tensor {
    let random = CounterRandom(seed: seed, "rows"), rows = Tensor([count, joint])
    for row in 0..<count {
      let values = (0..<joint).map { random.normal(UInt64(row * joint + $0)) }
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (column, value) in values.enumerated() {
        rows.pointer[row * joint + column] = Float(value / length)
      }
    }
    return rows
  }

  private struct Found: Sendable {
    var loss = 0.0
    var hits = [0, 0]
    var images: [Double] = []
    var texts: [Double] = []
    var logScale = 0.0
  }

  /// On ranks that hold so many images each.
  private static func found(shares: [Int], _ exchange: ContrastiveExchange) throws -> Found {
    let parts = try ThreadRanks.run(shares.count) { ranks in
      let first = shares[..<ranks.rank].reduce(0, +), images = first..<first + shares[ranks.rank]
      let mine = owners.indices.filter { images.contains(owners[$0]) }
      let texts = (mine.first ?? 0)..<(mine.last.map { $0 + 1 } ?? 0)
      let batch = try GlobalBatch(
        images: [images.count], texts: [texts.count], counts: [], isOrdered: false, over: ranks)
      let loss = try ContrastiveLoss(
        Embeddings(
          images: rows(5, 1).rows(images).copy(), texts: rows(owners.count, 2).rows(texts).copy()),
        Matches(owners: owners[texts].map { $0 - first }, batch), batch, scale: scale, exchange,
        over: ranks, clock: StepClock())
      let gradient = try loss.gradient()
      return Found(
        loss: loss.shares[0].loss,
        hits: [loss.shares[0].imageToTextHits, loss.shares[0].textToImageHits],
        images: gradient.images.values.map(Double.init),
        texts: gradient.texts.values.map(Double.init), logScale: gradient.logScale[0])
    }
    return parts.reduce(into: Found()) { sum, part in
      sum.loss += part.loss
      sum.hits = zip(sum.hits, part.hits).map(+)
      sum.images += part.images
      sum.texts += part.texts
      sum.logScale += part.logScale
    }
  }

  /// By the formula, in double precision, with central differences for the gradients.
  private static func loss(_ x: [Double], _ y: [Double], _ s: Double) -> Double {
    let n = texts.count, m = owners.count
    func score(_ image: Int, _ text: Int) -> Double {
      s * (0..<joint).reduce(0) { $0 + x[image * joint + $1] * y[text * joint + $1] }
    }
    func logSumExp(_ values: [Double]) -> Double { log(values.reduce(0) { $0 + exp($1) }) }
    let byImage = (0..<n).reduce(0.0) { sum, image in
      let own = owners.indices.filter { owners[$0] == image }.map { score(image, $0) }
      return sum + logSumExp((0..<m).map { score(image, $0) })
        - own.reduce(0, +) / Double(own.count) - log(Double(own.count))
    }
    let byText = (0..<m).reduce(0.0) { sum, text in
      sum + logSumExp((0..<n).map { score($0, text) }) - score(owners[text], text)
    }
    return (byImage / Double(n) + byText / Double(m)) / 2
  }

  private static func slopes(_ values: [Double], _ loss: ([Double]) -> Double) -> [Double] {
    values.indices.map { index in
      var (more, less) = (values, values)
      more[index] += 1e-6
      less[index] -= 1e-6
      return (loss(more) - loss(less)) / 2e-6
    }
  }

  @Test(
    "are its partners in equal parts, whatever the ranks and the exchange",
    arguments: ContrastiveExchange.allCases, [[5], [2, 3], [1, 0, 4], [2, 1, 1, 1]])
  func formula(exchange: ContrastiveExchange, shares: [Int]) throws {
    let x = Self.rows(5, 1).values.map(Double.init)
    let y = Self.rows(Self.owners.count, 2).values.map(Double.init), s = Double(Self.scale)
    let found = try Self.found(shares: shares, exchange)
    #expect(abs(found.loss - Self.loss(x, y, s)) < 1e-6)
    for (found, expected) in [
      (found.images, Self.slopes(x) { Self.loss($0, y, s) }),
      (found.texts, Self.slopes(y) { Self.loss(x, $0, s) }),
      ([found.logScale], Self.slopes([log(s)]) { Self.loss(x, y, exp($0[0])) }),
    ] {
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    let alone = try Self.found(shares: [5], .gather)
    #expect(found.hits == alone.hits)
  }

  private func pairs() throws -> (SmallModel, Pairs) {
    let small = try SmallModel()
    let texts = PackedCaptions(
      Self.owners.indices.map { Array(small.captions[$0 % small.captions.count]) })
    return (small, Pairs(small.images, texts, owners: Self.owners))
  }

  @Test("have the gradients of both losses that central differences show")
  func gradients() throws {
    let (small, pairs) = try pairs()
    let objective = Objective(small.model, .coca, over: SoloCommunicator())
    try checkGradients(
      of: small.model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
  }

  @Test("change nothing but rounding in micro-batches and lanes", arguments: [1, 2, 3])
  func parts(size: Int) throws {
    let (small, pairs) = try pairs()
    func gradients(_ microbatch: Int?, lanes: [Int]?) throws -> (Losses, Tensor) {
      small.model.parameters.gradients.fill(0)
      let losses = try Objective(
        small.model, .coca, microbatch: microbatch, over: SoloCommunicator()
      ).backward(pairs, lanes: lanes)
      return (losses, small.model.parameters.gradients.copy())
    }
    let (whole, expected) = try gradients(nil, lanes: nil)
    for (cut, found) in [
      try gradients(size, lanes: nil), try gradients(nil, lanes: [size, 5 - size]),
    ] {
      #expect(abs(whole.total - cut.total) < 1e-5)
      #expect(cut.pairs == Self.owners.count)
      expectClose(found, expected, relative: 1e-4, "gradients")
    }
  }
}
