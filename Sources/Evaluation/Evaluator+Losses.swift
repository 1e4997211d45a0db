import CoCaModel
import Collectives
import Pipeline
import Records
import Tensors
import Text

/// Both training losses of pairs the model was not trained on, unweighted.
public struct HeldOutLosses: Codable, Sendable, Equatable {
  /// Nats per pair, as the pairs of a batch are told apart: larger batches are harder.
  public var contrastive: Double
  /// Nats per predicted token.
  public var caption: Double
  public var pairs: Int
  public var targets: Int
  /// Pairs of a batch over all ranks.
  public var batch: Int
}

extension Evaluator {
  /// Both losses in batches of one size over all ranks, the mean of the batches weighted by their
  /// pairs and targets. What is left at the end is not used, unless it is all there is.
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
    let objective = Objective(model, weights: LossWeights(), over: ranks)
    var leftOut = LeftOut()
    var sums = HeldOutLosses(contrastive: 0, caption: 0, pairs: 0, targets: 0, batch: size)
    for first in stride(from: 0, to: used, by: size) {
      let range = EvaluationReader.share(
        of: first..<first + size, rank: ranks.rank, size: ranks.size)
      let (images, captions) = try together(ranks) {
        try pairs(source, range, text, &leftOut)
      }
      sums.add(try objective.evaluate(images, captions))
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
    contrastive += losses.contrastive * Double(losses.pairs)
    caption += losses.caption * Double(losses.targets)
    pairs += losses.pairs
    targets += losses.targets
  }

  fileprivate var mean: HeldOutLosses {
    var mean = self
    mean.contrastive /= Double(max(pairs, 1))
    mean.caption /= Double(max(targets, 1))
    return mean
  }
}
