import CoCaModel
import Collectives
import Foundation
import Tensors
import TestSupport
import Testing
import Text

/// A loss with its gradients, as PyTorch has them in float64.
private struct Truth: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let loss: String
  let owners: [Int]
  let keys: [UInt64]
  let scale: Float
  let bias: Float
  let smoothing: Double
  let images: [Float]
  let texts: [Float]
  let value: Double
  let imageGradient: [Float]
  let textGradient: [Float]
  let logScale: Double
  let biasGradient: Double

  var testDescription: String { name }
  var imageCount: Int { (owners.last ?? -1) + 1 }

  static let all: [Truth] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/contrastive.json")
    return (try? JSONDecoder().decode([Truth].self, from: Data(contentsOf: file))) ?? []
  }()
}

/// What all ranks have found together.
private struct Found: Sendable {
  var value = 0.0
  var images: [Float] = []
  var texts: [Float] = []
  var logScale = 0.0
  var bias = 0.0
}

@Suite("The options of the contrastive loss")
struct ContrastiveOptionsTests {
  private static let joint = 6

  /// On ranks that hold so many images each.
  private static func found(
    _ truth: Truth, shares: [Int], _ exchange: ContrastiveExchange
  ) throws -> Found {
    let parts = try ThreadRanks.run(shares.count) { ranks in
      let first = shares[..<ranks.rank].reduce(0, +), images = first..<first + shares[ranks.rank]
      let mine = truth.owners.indices.filter { images.contains(truth.owners[$0]) }
      let texts = (mine.first ?? 0)..<(mine.last.map { $0 + 1 } ?? 0)
      let batch = try GlobalBatch(
        images: [images.count], texts: [texts.count], counts: [], isOrdered: false, over: ranks)
      func rows(_ values: [Float], _ range: Range<Int>) -> Tensor {
        Tensor(values, shape: [values.count / joint, joint]).rows(range).copy()
      }
      let own = Embeddings(images: rows(truth.images, images), texts: rows(truth.texts, texts))
      let matches = try Matches(
        keys: Array(truth.keys[texts]), owners: truth.owners[texts].map { $0 - first }, batch,
        over: ranks)
      let (share, gradient) = try loss(truth, own, matches, batch, exchange, ranks)
      return Found(
        value: share.loss, images: gradient.images.values, texts: gradient.texts.values,
        logScale: gradient.logScale[0], bias: gradient.bias?[0] ?? 0)
    }
    return parts.reduce(into: Found()) { sum, part in
      sum.value += part.value
      sum.images += part.images
      sum.texts += part.texts
      sum.logScale += part.logScale
      sum.bias += part.bias
    }
  }

  private static func loss(
    _ truth: Truth, _ own: Embeddings, _ matches: Matches, _ batch: GlobalBatch,
    _ exchange: ContrastiveExchange, _ ranks: any Communicator
  ) throws -> (ContrastiveShare, ContrastiveGradient) {
    if truth.loss == "sigmoid" {
      let loss = try SigmoidLoss(
        own, matches, batch, scale: truth.scale, bias: truth.bias, exchange, over: ranks,
        clock: StepClock())
      return (loss.shares[0], loss.gradient)
    }
    let loss = try ContrastiveLoss(
      own, matches, batch, scale: truth.scale, smoothing: truth.smoothing, exchange, over: ranks,
      clock: StepClock())
    return (loss.shares[0], try loss.gradient())
  }

  @Test("have the losses and gradients of PyTorch in float64, on any ranks", arguments: Truth.all)
  fileprivate func pyTorch(truth: Truth) throws {
    let n = truth.imageCount
    for shares in [[n], [1, n - 1], [2, 0, n - 2], [1, 1, 1, n - 3]] {
      for exchange in ContrastiveExchange.allCases {
        let found = try Self.found(truth, shares: shares, exchange)
        #expect(abs(found.value - truth.value) < 2e-6 * (1 + truth.value))
        #expect(abs(found.logScale - truth.logScale) < 1e-5 * (1 + abs(truth.logScale)))
        #expect(abs(found.bias - truth.biasGradient) < 1e-5 * (1 + abs(truth.biasGradient)))
        for (found, expected) in [
          (found.images, truth.imageGradient), (found.texts, truth.textGradient),
        ] {
          let shape = [expected.count / Self.joint, Self.joint]
          expectClose(
            Tensor(found, shape: shape), Tensor(expected, shape: shape), relative: 1e-5,
            "\(shares) \(exchange)")
        }
      }
    }
  }

  @Test("are there, seven of them")
  func fixtures() { #expect(Truth.all.count == 7) }

  @Test("a bias of −ln(B − 1) is the best where all similarities are 0", arguments: [2, 7, 300])
  func bias(pairs: Int) throws {
    func loss(_ bias: Float) throws -> Double {
      let ranks = SoloCommunicator()
      let batch = try GlobalBatch(
        images: [pairs], texts: [pairs], counts: [], isOrdered: false, over: ranks)
      return try SigmoidLoss(
        Embeddings(images: .zeros([pairs, 4]), texts: .zeros([pairs, 4])),
        Matches(owners: Array(0..<pairs), batch), batch, scale: 10, bias: bias, .gather,
        over: ranks, clock: StepClock()
      ).shares[0].loss
    }
    let best = -log(Float(pairs - 1)), least = try loss(best)
    #expect(try loss(best + 0.1) > least && loss(best - 0.1) > least)
  }

  private static func settings(_ options: String) throws -> ContrastiveSettings {
    var settings = ContrastiveSettings()
    switch options {
    case "smoothed": settings.smoothing = 0.1
    case "equal": settings.positives = .equal([.class, .text])
    case "sigmoid": settings.loss = .sigmoid
    default: (settings.loss, settings.positives) = (.sigmoid, .equal([.text]))
    }
    return settings
  }

  /// The pairs of `SmallModel`, of which the first and the last are equal.
  private static func identities(_ pairs: some Sequence<Int>) -> [PairIdentity] {
    pairs.map { pair in
      PairIdentity(
        source: 0, epoch: 0, sample: pair, image: UInt64(pair), text: UInt64(pair % 4),
        label: pair == 2 ? 9 : nil)
    }
  }

  private static let options = ["smoothed", "equal", "sigmoid", "sigmoid of equals"]

  @Test("have the gradients that central differences show", arguments: options)
  func gradients(options: String) throws {
    let settings = try Self.settings(options)
    let small = try SmallModel(hasLogitBias: settings.loss == .sigmoid)
    let term = ContrastiveTerm(settings)
    term.start(small.model, pairs: 5)
    let objective = Objective(small.model, [WeightedTerm(term, 0.5)], over: SoloCommunicator())
    let pairs = Pairs(small.images, small.captions, identities: Self.identities(0..<5))
    try checkGradients(
      of: small.model.parameters, elements: 2, step: 0.01, tolerance: 5e-3,
      backward: { _ = try objective.backward(pairs) },
      loss: { try objective.evaluate(pairs).total })
  }

  /// Losses and gradients of eight lanes of 0 to 3 pairs, of one rank; the same on all.
  private static func lanes(
    _ options: String, _ size: Int, _ exchange: ContrastiveExchange, microbatch: Int? = nil,
    isOrdered: Bool = true
  ) throws -> [Float] {
    let lanes = [1, 2, 0, 3, 1, 1, 2, 1], settings = try settings(options)
    let all = try ThreadRanks.run(size) { ranks in
      let small = try SmallModel(hasLogitBias: settings.loss == .sigmoid)
      let mine = stride(from: ranks.rank, to: lanes.count, by: size).map { $0 }
      let pairs = mine.flatMap { lane in (0..<lanes[lane]).map { (lane + 3 * $0) % 5 } }
      let images = Tensor([pairs.count] + small.images.shape.dropFirst())
      for (row, pair) in pairs.enumerated() {
        let image = small.part(pair..<pair + 1).0
        (images.pointer + row * image.count).update(from: image.pointer, count: image.count)
      }
      let captions = PackedCaptions(pairs.map { Array(small.captions[$0]) })
      let losses = try Objective(
        small.model, [WeightedTerm(ContrastiveTerm(settings), 1)], microbatch: microbatch,
        exchange: exchange, over: ranks
      ).backward(
        Pairs(images, captions, identities: identities(pairs)),
        lanes: isOrdered ? mine.map { lanes[$0] } : nil)
      let gradients = small.model.parameters.gradients
      try Exchange(ranks).allReduceSum(gradients.buffer)
      return [Float(losses.total)] + gradients.values
    }
    let areEqual = all.allSatisfy { $0 == all[0] }
    #expect(areEqual, "\(size) ranks agree")
    return all[0]
  }

  @Test("keep the same bits on 1, 2, 4 and 8 ranks with lanes as parts", arguments: options)
  func reproducible(options: String) throws {
    let alone = try Self.lanes(options, 1, .gather)
    for size in [2, 4, 8] {
      for exchange in ContrastiveExchange.allCases {
        let isEqual = try Self.lanes(options, size, exchange) == alone
        #expect(isEqual, "\(size) ranks, \(exchange)")
      }
    }
  }

  @Test("change nothing but rounding on other ranks and in micro-batches", arguments: options)
  func ranks(options: String) throws {
    let alone = try Self.lanes(options, 1, .gather, isOrdered: false)
    for (size, microbatch) in [(1, 2), (3, nil), (5, 1)] as [(Int, Int?)] {
      let found = try Self.lanes(
        options, size, .ring, microbatch: microbatch, isOrdered: false)
      expectClose(
        Tensor(found, shape: [1, found.count]), Tensor(alone, shape: [1, alone.count]),
        relative: 1e-4, "\(size) ranks")
    }
  }

  @Test("smoothing changes no accuracy, and equal pairs are not mistaken for each other")
  func accuracy() throws {
    func accuracy(_ options: String?) throws -> Double {
      let small = try SmallModel()
      // The first and the last are the same pair.
      let images = small.images, size = images.count / 5
      (images.pointer + 4 * size).update(from: images.pointer, count: size)
      let ids = [0, 1, 2, 3, 0].map { Array(small.captions[$0]) }
      let term = ContrastiveTerm(try options.map(Self.settings) ?? ContrastiveSettings())
      let losses = try Objective(
        small.model, [WeightedTerm(term, 1)], over: SoloCommunicator()
      ).evaluate(Pairs(images, PackedCaptions(ids), identities: Self.identities(0..<5)))
      return losses.imageToTextAccuracy
    }
    #expect(try accuracy("smoothed") == accuracy(nil))
    #expect(try accuracy("equal") >= accuracy(nil))
  }
}
