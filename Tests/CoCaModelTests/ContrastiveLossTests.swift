import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing

/// Batches that tiles of 256 rows and 1,024 columns don't divide, on ranks of unequal shares.
@Suite("The contrastive loss")
struct ContrastiveLossTests {
  private static let joint = 6
  private static let scale: Float = 20

  /// Rows of length 1; texts resemble their images.
  private static func embeddings(pairs: Int) -> Embeddings {
    let random = CounterRandom(seed: 4, "embeddings")
    func rows(_ value: (Int) -> Double) -> Tensor {
      let rows = Tensor([pairs, joint])
      for row in 0..<pairs {
        let values = (0..<joint).map { value(row * joint + $0) }
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for (column, value) in values.enumerated() {
          rows.pointer[row * joint + column] = Float(value / length)
        }
      }
      return rows
    }
    return Embeddings(
      images: rows { random.normal(UInt64($0)) },
      texts: rows { random.normal(UInt64($0)) + 0.7 * random.normal(UInt64(pairs * joint + $0)) })
  }

  /// What one rank or all of them have found.
  private struct Found: Sendable {
    var loss = 0.0
    var hits = [0, 0]
    var images: [Float] = []
    var texts: [Float] = []
    var logScale = 0.0

    static func + (a: Found, b: Found) -> Found {
      Found(
        loss: a.loss + b.loss, hits: zip(a.hits, b.hits).map(+), images: a.images + b.images,
        texts: a.texts + b.texts, logScale: a.logScale + b.logScale)
    }
  }

  private static func evaluate(
    _ all: Embeddings, shares: [Int], _ exchange: ContrastiveExchange
  ) throws -> Found {
    let parts = try ThreadRanks.run(shares.count) { ranks in
      let first = shares[..<ranks.rank].reduce(0, +)
      let rows = first..<first + shares[ranks.rank]
      let batch = try GlobalBatch(
        images: [rows.count], texts: [rows.count], counts: [], isOrdered: false, over: ranks)
      let loss = try ContrastiveLoss(
        Embeddings(images: all.images.rows(rows).copy(), texts: all.texts.rows(rows).copy()),
        Matches(owners: Array(0..<rows.count), batch), batch, scale: scale, exchange,
        over: ranks, clock: StepClock())
      let gradient = try loss.gradient()
      return Found(
        loss: loss.shares[0].loss,
        hits: [loss.shares[0].imageToTextHits, loss.shares[0].textToImageHits],
        images: gradient.images.values, texts: gradient.texts.values,
        logScale: gradient.logScale[0])
    }
    return parts.reduce(Found(), +)
  }

  /// By the formulas, of whole matrices in double precision.
  private static func truth(_ all: Embeddings) -> Found {
    let n = all.images.rows, x = all.images.values.map(Double.init)
    let y = all.texts.values.map(Double.init), s = Double(scale)
    var logits = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n {
        logits[i * n + j] = s * (0..<joint).reduce(0) { $0 + x[i * joint + $1] * y[j * joint + $1] }
      }
    }
    func logSumExp(_ index: (Int) -> Int) -> Double {
      let top = (0..<n).reduce(-Double.infinity) { max($0, logits[index($1)]) }
      return top + log((0..<n).reduce(0) { $0 + exp(logits[index($1)] - top) })
    }
    let rows = (0..<n).map { i in logSumExp { i * n + $0 } }
    let columns = (0..<n).map { j in logSumExp { $0 * n + j } }
    var found = Found()
    var images = [Double](repeating: 0, count: n * joint), texts = images
    for i in 0..<n {
      found.loss += (rows[i] + columns[i] - 2 * logits[i * n + i]) / Double(2 * n)
      let isHit = (0..<n).allSatisfy { logits[i * n + $0] <= logits[i * n + i] }
      let isFound = (0..<n).allSatisfy { logits[$0 * n + i] <= logits[i * n + i] }
      found.hits = [found.hits[0] + (isHit ? 1 : 0), found.hits[1] + (isFound ? 1 : 0)]
      for j in 0..<n {
        let logit = logits[i * n + j]
        let slope = exp(logit - rows[i]) + exp(logit - columns[j]) - (i == j ? 2 : 0)
        found.logScale += slope * logit / Double(2 * n)
        for k in 0..<joint {
          images[i * joint + k] += slope * s * y[j * joint + k] / Double(2 * n)
          texts[j * joint + k] += slope * s * x[i * joint + k] / Double(2 * n)
        }
      }
    }
    (found.images, found.texts) = (images.map { Float($0) }, texts.map { Float($0) })
    return found
  }

  private static let pairs = 1100
  private static let all = embeddings(pairs: pairs)
  private static let expected = truth(all)

  @Test(
    "gathered or in a ring, on any ranks, it and its gradients are those of the whole matrix",
    arguments: ContrastiveExchange.allCases,
    [[1100], [300, 800], [0, 1100], [257, 255, 588], [1, 0, 1099], [275, 275, 275, 275]])
  func wholeMatrix(exchange: ContrastiveExchange, shares: [Int]) throws {
    let found = try Self.evaluate(Self.all, shares: shares, exchange), expected = Self.expected
    #expect(abs(found.loss - expected.loss) < 1e-6 * expected.loss)
    #expect(found.hits == expected.hits)
    #expect(abs(found.logScale - expected.logScale) < 1e-5 * abs(expected.logScale) + 1e-6)
    let shape = [Self.pairs, Self.joint]
    for (name, found, expected) in [
      ("images", found.images, expected.images), ("texts", found.texts, expected.texts),
    ] {
      expectClose(
        Tensor(found, shape: shape), Tensor(expected, shape: shape), relative: 2e-6, name)
    }
  }

  @Test("a batch of none, and of one pair, have no loss", arguments: ContrastiveExchange.allCases)
  func none(exchange: ContrastiveExchange) throws {
    for shares in [[0], [0, 0], [1], [0, 1, 0]] {
      let all = Self.embeddings(pairs: shares.reduce(0, +))
      let found = try Self.evaluate(all, shares: shares, exchange)
      #expect(abs(found.loss) < 1e-6)
      #expect(found.images.allSatisfy { abs($0) < 1e-5 })
    }
  }
}
