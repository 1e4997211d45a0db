import Autograd
import Text

/// Predicts every id of a text behind its prefix from the ids before it and from the image.
/// - Source: CoCa (arXiv 2205.01917) §3.2, the captioning loss; with prefixes SimVLM (arXiv
///   2108.10904) §3.1.
public struct CaptionTerm: LossTerm {
  public static let name = "caption"

  public let meaning = "predicting each text, id by id, from its image"
  public let unit = "nats per predicted id"
  public let heads: Set<Head> = [.caption]
  public let isGlobal = false
  /// How much of each target is spread evenly over the vocabulary.
  public let smoothing: Double

  public init(smoothing: Double = 0) { self.smoothing = smoothing }

  public func passes(over part: Pairs) -> [Pass] { [Pass(part, for: heads)] }

  public func count(_ pairs: Pairs, _ model: CoCa) -> Int {
    Pass(pairs, for: heads).targets(model.configuration.padding).count { $0 >= 0 }
  }

  public func begin(_ step: LossStep, _ exchange: LossExchange) -> any LossTermStep {
    CaptionStep(self, step)
  }
}

private final class CaptionStep: LossTermStep {
  private let term: CaptionTerm
  private let step: LossStep
  private var nats: [Double]
  private var targets: Double { Double(max(step.denominator, 1)) }

  init(_ term: CaptionTerm, _ step: LossStep) {
    (self.term, self.step) = (term, step)
    nats = [Double](repeating: 0, count: step.shares)
  }

  func add(_ part: PartOutput, share: Int) {
    let model = step.model
    for pass in term.passes(over: part.pairs) {
      let hidden = model.demanded(part.texts(of: pass).hidden, .caption)
      let vocabulary = model.demanded(model.vocabularyProjection, .caption)
      nats[share] += step.clock.measure(.forward) {
        vocabularyCrossEntropy(
          hidden, vocabulary, targets: pass.targets(model.configuration.padding),
          smoothing: Float(term.smoothing), weight: Float(step.weight / targets))
      }
    }
  }

  var figures: [ShareFigure] {
    [
      ShareFigure(
        name: term.name, unit: term.unit, sums: nats, divisor: targets, count: step.denominator)
    ]
  }
}
