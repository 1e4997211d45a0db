import CoCaModel
import Collectives
import Pipeline
import Records
import Tensors
import Text

/// The training losses of pairs the model was not trained on, unweighted.
public struct HeldOutLosses: Sendable, Equatable {
  /// Of every term that the model has the heads for, in its unit. The contrastive loss tells the
  /// pairs of a batch apart: larger batches are harder.
  public fileprivate(set) var losses: [String: Double] = [:]
  /// What each is a mean of.
  public fileprivate(set) var counts: [String: Int] = [:]
  public fileprivate(set) var pairs = 0
  /// Pairs of a batch over all ranks.
  public let batch: Int

  init(batch: Int) { self.batch = batch }

  /// A term's loss; nil where the model lacks its head.
  public subscript(term: String) -> Double? { losses[term] }
}

extension HeldOutLosses: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// Every term by its name, null where the model lacks its head.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for term in LossTerms.all { try container.encode(losses[term.name], forKey: Key(term.name)) }
    try container.encode(pairs, forKey: Key("pairs"))
    try container.encode(counts[CaptionTerm.name] ?? 0, forKey: Key("targets"))
    try container.encode(batch, forKey: Key("batch"))
  }
}

extension Evaluator {
  /// All losses in batches of one size over all ranks, the mean of the batches weighted by what
  /// each loss is a mean of. What is left at the end is not used, unless it is all there is.
  ///
  /// - Parameters:
  ///   - text: what of a sample is its text; what training draws anew is drawn once here.
  ///   - limit: take only so many samples from the front.
  public func losses(
    records: [RecordSet], text: SampleSource.Text = .caption, limit: Int? = nil
  ) throws -> HeldOutLosses {
    let source = pictures(records, limit)
    try together(ranks) {
      if source.count == 0 { throw PipelineError(source.name, .noSamples) }
      if !saved.text.makes(text) { throw PipelineError(source.name, .noTokenizer) }
    }
    let size = min(batch, source.count)
    let used = source.count / size * size
    let objective = Objective(model, .held(by: model.configuration.heads), over: ranks)
    var leftOut = LeftOut()
    var sums = HeldOutLosses(batch: size)
    for first in stride(from: 0, to: used, by: size) {
      let range = EvaluationReader.share(
        of: first..<first + size, rank: ranks.rank, size: ranks.size)
      let (images, captions) = try together(ranks) {
        try pairs(source, range, text, &leftOut)
      }
      sums.add(try objective.evaluate(Pairs(images, captions)))
      notify(.progress(done: first / size + 1, of: used / size))
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
