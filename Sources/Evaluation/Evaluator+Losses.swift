import CoCaModel
import Collectives
import Pipeline
import Records
import Tensors
import Text

/// The training losses of pairs that the model was not trained on, unweighted.
public struct HeldOutLosses: Sendable, Equatable {
  /// The loss of every term whose head the model has, in its unit. The contrastive loss compares
  /// the pairs of a batch with each other: larger batches are harder.
  public fileprivate(set) var losses: [String: Double] = [:]
  /// How many things each loss is the mean of.
  public fileprivate(set) var counts: [String: Int] = [:]
  public fileprivate(set) var pairs = 0
  /// Pairs of a batch over all ranks.
  public let batch: Int

  init(batch: Int) { self.batch = batch }

  /// A term's loss; nil where the model lacks its head.
  public subscript(term: String) -> Double? { losses[term] }
}

extension HeldOutLosses: Encodable {
  /// Every term by its name; null where the model lacks its head.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: NamedKey.self)
    for term in LossTerms.all {
      try container.encode(losses[term.name], forKey: NamedKey(term.name))
    }
    try container.encode(pairs, forKey: "pairs")
    try container.encode(counts[CaptionTerm.name] ?? 0, forKey: "targets")
    try container.encode(batch, forKey: "batch")
  }
}

extension Evaluator {
  /// All losses in batches of one size over all ranks: the mean over the batches, weighted by what
  /// each loss is a mean of. An incomplete last batch is not used, unless it is the only one.
  ///
  /// - Parameters:
  ///   - text: what makes up a sample's text; what training draws per epoch is drawn once here.
  ///   - limit: take only so many samples, from the first on.
  public func losses(
    records: [RecordSet], text: SampleSource.Text = .caption, limit: Int? = nil
  ) throws -> HeldOutLosses {
    let heads = model.configuration.heads.ofTexts
    let source = pictures(records, limit)
    let size = min(batch, max(source.count, 1))
    let used = source.count / size * size
    try together(ranks) {
      if heads.isEmpty {
        throw ModelError(
          "the model", .missing("head that is read from texts"), remedy: "Use coca-eval accuracy")
      }
      if source.count == 0 { throw PipelineError(source.name, .noSamples) }
      if !saved.text.makes(text) { throw PipelineError(source.name, .noTokenizer) }
      if used < source.count, ranks.rank == 0 {
        try notify(.partlyUsed(used: used, of: source.count, batch: size))
      }
    }
    let objective = Objective(model, .measuring(model.configuration, heads: heads), over: ranks)
    var leftOut = LeftOut()
    var sums = HeldOutLosses(batch: size)
    for first in stride(from: 0, to: used, by: size) {
      let range = EvaluationReader.share(
        of: first..<first + size, rank: ranks.rank, size: ranks.size)
      let (images, captions) = try together(ranks) {
        try notify(.progress(done: first / size, of: used / size))
        return try pairs(source, range, text, &leftOut)
      }
      sums.add(try objective.evaluate(Pairs(images, captions)))
    }
    try report(leftOut, of: used, source.name)
    return sums.mean
  }

  private func pairs(
    _ source: RecordPictures, _ range: Range<Int>, _ text: SampleSource.Text,
    _ leftOut: inout LeftOut
  ) throws -> (Tensor, PackedCaptions) {
    let pictures = try source.read(range)
    pictures.leftOut.forEach { leftOut.add($0) }
    var rows: [Int] = [], captions: [[Int32]] = []
    for (row, annotation) in pictures.annotations.enumerated() {
      let random = CounterRandom(seed: 0, "evaluation", KeyPart(pictures.numbers[row]))
      do throws(BadSample.Reason) {
        captions.append(try saved.text.ids(annotation, as: text, random: random))
        rows.append(row)
      } catch {
        leftOut.add("\(source.name), \(pictures.keys[row]): \(error.text)")
      }
    }
    return (pictures.images.selecting(rows), PackedCaptions(captions))
  }
}

extension HeldOutLosses {
  fileprivate mutating func add(_ losses: Losses) {
    guard losses.pairs > 0 else { return }
    for term in losses.terms {
      self.losses[term.name, default: 0] += term.loss.value * Double(term.loss.count)
      counts[term.name, default: 0] += term.loss.count
    }
    pairs += losses.pairs
  }

  fileprivate var mean: HeldOutLosses {
    var mean = self
    for (term, sum) in losses { mean.losses[term] = sum / Double(max(counts[term] ?? 0, 1)) }
    return mean
  }
}
