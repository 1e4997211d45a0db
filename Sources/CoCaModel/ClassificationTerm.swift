import Autograd
import Tensors

/// Names the classes of each image, without texts.
/// - Source: CoCa (arXiv 2205.01917) §3.1, single-encoder classification; the sigmoid form is that
///   of Beyer et al., arXiv 2006.07159.
public struct ClassificationTerm: LossTerm {
  public static let name = "classification"
  public static let accuracy = "accuracy"

  public let meaning = "naming the classes of each image"
  public let unit = "nats per image"
  public let heads: Set<Head> = [.classification]
  public let isGlobal = false

  public init() {}

  public func passes(over part: Pairs) -> [Pass] { [] }

  public func count(_ pairs: Pairs, _ model: CoCa) -> Int { pairs.count }

  public func begin(_ step: LossStep, _ exchange: LossExchange) -> any LossTermStep {
    ClassificationStep(self, step)
  }
}

private final class ClassificationStep: LossTermStep {
  private let term: ClassificationTerm
  private let step: LossStep
  private var nats: [Double]
  private var hits: [Double]
  private var images: Double { Double(max(step.denominator, 1)) }

  init(_ term: ClassificationTerm, _ step: LossStep) {
    (self.term, self.step) = (term, step)
    nats = [Double](repeating: 0, count: step.shares)
    hits = nats
  }

  func add(_ part: PartOutput, share: Int) {
    let logits = step.model.demanded(part.images.classes, .classification)
    guard let classes = part.pairs.classes, let kind = step.model.configuration.classes?.loss else {
      preconditionFailure("images that are classified have classes")
    }
    let loss = step.clock.measure(.forward) { ClassCrossEntropy(logits.value, classes, kind) }
    nats[share] += loss.sum
    hits[share] += Double(loss.hits)
    guard step.isTraining else { return }
    kernels.scale(Float(step.weight / images), loss.gradient.pointer, loss.gradient.count)
    logits.seed(loss.gradient)
  }

  var figures: [ShareFigure] {
    [
      ShareFigure(
        name: term.name, unit: term.unit, sums: nats, divisor: images, count: step.denominator),
      ShareFigure(
        name: ClassificationTerm.accuracy, unit: "fraction", sums: hits, divisor: images,
        count: step.denominator),
    ]
  }
}
