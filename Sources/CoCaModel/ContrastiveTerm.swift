import Autograd
import Tensors

/// Finds every image's text among all texts of the global batch, and every text's image among all
/// images.
/// - Source: CoCa (arXiv 2205.01917) §3.2, the contrastive loss.
public struct ContrastiveTerm: LossTerm {
  public static let name = "contrastive"
  public static let imageToText = "image_to_text"
  public static let textToImage = "text_to_image"

  public let meaning = "matching images and texts of the global batch"
  public let unit = "nats per pair"
  public let heads: Set<Head> = [.contrastive]
  public let isGlobal = true

  public init() {}

  public func passes(over part: Pairs) -> [Pass] { [Pass(part, for: heads)] }

  public func count(_ pairs: Pairs, _ model: CoCa) -> Int { pairs.count }

  public func begin(_ step: LossStep, _ exchange: LossExchange) throws -> any LossTermStep {
    guard let own = exchange.embeddings, let scale = step.model.scale else {
      preconditionFailure("a global term's heads make embeddings")
    }
    let loss = try ContrastiveLoss(
      own, owners: exchange.pairs.owners, step.batch, scale: scale, exchange.mode,
      over: exchange.ranks, clock: step.clock)
    // Only this is kept of the loss; the other ranks' embeddings are not.
    return ContrastiveStep(
      self, step, loss.shares, step.isTraining ? try loss.gradient() : nil)
  }
}

private final class ContrastiveStep: LossTermStep {
  private let term: ContrastiveTerm
  private let step: LossStep
  private let shares: [ContrastiveLoss.Share]
  private let gradient: ContrastiveLoss.Gradient?

  init(
    _ term: ContrastiveTerm, _ step: LossStep, _ shares: [ContrastiveLoss.Share],
    _ gradient: ContrastiveLoss.Gradient?
  ) {
    (self.term, self.step, self.shares, self.gradient) = (term, step, shares, gradient)
  }

  func begin(share: Int) {
    guard let gradient, let scale = step.model.logitScale, scale.isTrained else { return }
    scale.gradient.pointer[0] += Float(step.weight * gradient.logScale[share])
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
    func hits(
      _ name: String, _ hits: (ContrastiveLoss.Share) -> Int, of count: Int
    ) -> ShareFigure {
      ShareFigure(
        name: name, unit: "fraction", sums: shares.map { Double(hits($0)) },
        divisor: Double(max(count, 1)), count: count)
    }
    return [
      ShareFigure(
        name: term.name, unit: term.unit, sums: shares.map(\.loss), divisor: 1, count: images),
      hits(ContrastiveTerm.imageToText, \.imageToTextHits, of: images),
      hits(ContrastiveTerm.textToImage, \.textToImageHits, of: texts),
    ]
  }
}
