import Autograd
import CoCaModel
import Tensors
import Text

/// A fixed random combination of all that a pass with each of some sets of self-attention weights
/// gives; the ids of the bidirectional one see each other.
struct ProbeTerm: LossTerm {
  static let name = "probe"

  let meaning = "a random combination"
  let unit = "without one"
  let heads = Set<Head>.coca
  let attentionSets: Set<AttentionSet>
  let isGlobal = false

  func passes(over part: Pairs) -> [Pass] {
    AttentionSet.allCases.filter(attentionSets.contains).map { set in
      var pass = Pass(part, for: heads)
      pass.attention = set
      guard set == .bidirectional else { return pass }
      pass.prefixes = (0..<pass.texts.count).map { pass.texts[$0].count }
      return pass.starting(with: 6)
    }
  }

  func count(_ pairs: Pairs, _ model: CoCa) -> Int { pairs.texts.count }

  func begin(_ step: LossStep, _ exchange: LossExchange) -> any LossTermStep {
    ProbeStep(self, step)
  }
}

private final class ProbeStep: LossTermStep {
  private let term: ProbeTerm
  private let weight: Double
  private var sums: [Double]
  private let random = CounterRandom(seed: 3, "probe")

  init(_ term: ProbeTerm, _ step: LossStep) {
    (self.term, weight) = (term, step.weight)
    sums = [Double](repeating: 0, count: step.shares)
  }

  func add(_ part: PartOutput, share: Int) {
    for pass in term.passes(over: part.pairs) {
      let texts = part.texts(of: pass)
      for output in [texts.embedding, texts.hidden].compactMap(\.self) {
        sums[share] += combine(output)
      }
    }
  }

  private func combine(_ output: Variable) -> Double {
    let value = output.value, gradient = Tensor(value.shape)
    var sum = 0.0
    for i in 0..<value.count {
      let factor = random.normal(UInt64(i))
      sum += factor * Double(value.pointer[i])
      gradient.pointer[i] = Float(weight * factor)
    }
    output.seed(gradient)
    return sum
  }

  var figures: [ShareFigure] {
    [ShareFigure(name: term.name, unit: term.unit, sums: sums, divisor: 1, count: 1)]
  }
}
