import Autograd
import Tensors

/// Finds every image's text among all texts of the global batch, and every text's image among all
/// images.
/// - Source: CoCa (arXiv 2205.01917) §3.2, the contrastive loss; `ContrastiveSettings` for others.
public struct ContrastiveTerm: LossTerm {
  public static let name = "contrastive"
  public static let imageToText = "image_to_text"
  public static let textToImage = "text_to_image"
  /// The loss of a model to which all similarities are equal.
  public static let chance = "chance"

  public let meaning = "matching images and texts of the global batch"
  public let unit = "nats per pair"
  public let heads: Set<Head> = [.contrastive]
  public let isGlobal = true
  public var hasBias: Bool { settings.loss == .sigmoid }
  private let settings: ContrastiveSettings

  public init(_ settings: ContrastiveSettings = ContrastiveSettings()) { self.settings = settings }

  public func passes(over part: Pairs) -> [Pass] { [Pass(part, for: heads)] }

  public func count(_ pairs: Pairs, _ model: CoCa) -> Int { pairs.count }

  public func start(_ model: CoCa, pairs: Int) {
    if let scale = settings.startingScale { model.setScale(scale) }
    model.logitBias?.value.fill(Float(settings.startingBias(pairs: pairs)))
  }

  /// As a model was trained; without smoothing, and each text matches its own image alone.
  public func measuring(_ model: ModelConfiguration) -> ContrastiveTerm {
    var settings = ContrastiveSettings()
    if model.hasLogitBias { settings.loss = .sigmoid }
    return ContrastiveTerm(settings)
  }

  public func begin(_ step: LossStep, _ exchange: LossExchange) throws -> any LossTermStep {
    guard let own = exchange.embeddings, let scale = step.model.scale else {
      preconditionFailure("a global term's heads make embeddings")
    }
    let matches = try matches(exchange, step.batch)
    // Only this is kept of the loss; the other ranks' embeddings are not.
    switch settings.loss {
    case .softmax:
      let loss = try ContrastiveLoss(
        own, matches, step.batch, scale: scale, smoothing: settings.smoothing, exchange.mode,
        over: exchange.ranks, clock: step.clock)
      return ContrastiveStep(
        self, step, loss.shares, step.isTraining ? try loss.gradient() : nil)
    case .sigmoid:
      guard let bias = step.model.logitBias else {
        preconditionFailure("a model of this term has a bias")
      }
      let loss = try SigmoidLoss(
        own, matches, step.batch, scale: scale, bias: bias.value.pointer[0], exchange.mode,
        over: exchange.ranks, clock: step.clock)
      return ContrastiveStep(self, step, loss.shares, step.isTraining ? loss.gradient : nil)
    }
  }

  private func matches(_ exchange: LossExchange, _ batch: GlobalBatch) throws -> Matches {
    let pairs = exchange.pairs
    guard case .equal(let contents) = settings.positives else {
      return Matches(owners: pairs.owners, batch)
    }
    guard let identities = pairs.identities else {
      preconditionFailure("pairs whose equals are looked for have identities")
    }
    return try Matches(
      keys: identities.map { $0.key(by: contents) }, owners: pairs.owners, batch,
      over: exchange.ranks)
  }
}

private final class ContrastiveStep: LossTermStep {
  private let term: ContrastiveTerm
  private let step: LossStep
  private let shares: [ContrastiveShare]
  private let gradient: ContrastiveGradient?

  init(
    _ term: ContrastiveTerm, _ step: LossStep, _ shares: [ContrastiveShare],
    _ gradient: ContrastiveGradient?
  ) {
    (self.term, self.step, self.shares, self.gradient) = (term, step, shares, gradient)
  }

  func begin(share: Int) {
    add(gradient?.logScale[share], to: step.model.logitScale)
    add(gradient?.bias?[share], to: step.model.logitBias)
  }

  private func add(_ slope: Double?, to parameter: Parameter?) {
    guard let slope, let parameter, parameter.isTrained else { return }
    parameter.gradient.pointer[0] += Float(step.weight * slope)
  }

  func add(_ part: PartOutput, share: Int) {
    guard let gradient else { return }
    let texts = term.passes(over: part.pairs).map(part.texts(of:))
    seed(part.images.embedding, gradient.images.rows(part.rows.images))
    seed(texts[0].embedding, gradient.texts.rows(part.rows.texts))
  }

  private func seed(_ embedding: Variable?, _ gradient: Tensor) {
    kernels.scale(Float(step.weight), gradient.pointer, gradient.count)
    embedding?.seed(gradient)
  }

  var figures: [ShareFigure] {
    let images = step.batch.images.count, texts = step.batch.texts.count
    func nats(_ name: String, _ part: KeyPath<ContrastiveShare, Double>) -> ShareFigure {
      ShareFigure(
        name: name, unit: term.unit, sums: shares.map { $0[keyPath: part] }, divisor: 1,
        count: images)
    }
    func hits(
      _ name: String, _ hits: KeyPath<ContrastiveShare, Int>, of count: Int
    ) -> ShareFigure {
      ShareFigure(
        name: name, unit: "fraction", sums: shares.map { Double($0[keyPath: hits]) },
        divisor: Double(max(count, 1)), count: count)
    }
    return [
      nats(term.name, \.loss),
      hits(ContrastiveTerm.imageToText, \.imageToTextHits, of: images),
      hits(ContrastiveTerm.textToImage, \.textToImageHits, of: texts),
      nats(ContrastiveTerm.chance, \.chance),
    ]
  }
}
