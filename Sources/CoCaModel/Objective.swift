import Autograd
import Collectives
import Foundation
import Tensors
import Text

/// How much each loss counts; the paper's are 1 and 2.
public struct LossWeights: Sendable, Equatable {
  public var contrastive: Double
  public var caption: Double

  public init(contrastive: Double = 1, caption: Double = 2) {
    self.contrastive = contrastive
    self.caption = caption
  }
}

/// The losses of one step's global batch, the same on every rank.
public struct Losses: Sendable {
  /// Unweighted, in nats per pair and per predicted token.
  public let contrastive: Double
  public let caption: Double
  public let weights: LossWeights
  /// Fraction of images whose own text is the nearest of the global batch, and the reverse.
  public let imageToTextAccuracy: Double
  public let textToImageAccuracy: Double
  public let pairs: Int
  public let targets: Int

  public var total: Double { weights.contrastive * contrastive + weights.caption * caption }
}

/// What a step minimises: both losses of the global batch and their exact gradients, whatever the
/// number of ranks, their shares and the micro-batches these are cut into.
///
/// Every loss is divided by global counts, so that gradients are summed over ranks, never averaged.
public struct Objective {
  let model: CoCa
  let weights: LossWeights
  let ranks: any Communicator
  /// Pairs per forward pass; nil: this rank's whole share.
  let microbatch: Int?
  /// Whether layers run again in the backward pass instead of keeping what it needs.
  let recomputesBlocks: Bool
  let clock: StepClock
  /// Told when a parameter's gradient is this rank's whole share of the step's.
  let completed: ((Parameter) throws -> Void)?
  private var padding: Int32? { model.configuration.padding }

  public init(
    _ model: CoCa, weights: LossWeights, microbatch: Int? = nil, recomputesBlocks: Bool = false,
    over ranks: any Communicator, clock: StepClock = StepClock(),
    completed: ((Parameter) throws -> Void)? = nil
  ) {
    self.model = model
    self.weights = weights
    self.ranks = ranks
    self.microbatch = microbatch
    self.recomputesBlocks = recomputesBlocks
    self.clock = clock
    self.completed = completed
  }

  /// Adds this rank's share of the gradient to the parameters' gradients.
  /// - Parameters:
  ///   - images: `[n, 3, height, width]`; n may be 0 and differ between ranks.
  ///   - captions: `n` of them.
  /// - Throws: `CollectiveError` if a rank is lost.
  public func backward(_ images: Tensor, _ captions: PackedCaptions) throws -> Losses {
    let counts = try clock.measure(.communicate) {
      try GlobalCounts(captions, padding, over: ranks)
    }
    let parts = cut(captions.count)
    if parts.count == 1 {
      return try whole(images, captions, counts)
    }
    // Embeddings first, without a tape; then the gradient, part by part, with a tape each. (Gao et
    // al., arXiv 2101.06983.)
    let embeddings = clock.measure(.forward) {
      parts.map { part in
        (model.imageEmbeddings(images.part(part)), model.textEmbeddings(captions.part(part)))
      }
    }
    let contrastive = try contrast(
      .joined(embeddings.map(\.0), width: model.configuration.joint),
      .joined(embeddings.map(\.1), width: model.configuration.joint), counts)
    addScaleGradient(contrastive)
    var nats = 0.0
    var losses: Losses?
    for part in parts {
      let tape = Tape(recomputesBlocks: recomputesBlocks)
      let output = clock.measure(.forward) {
        model(images.part(part), captions.part(part), on: tape)
      }
      nats += caption(output.hidden, captions.part(part), counts)
      seed(output, contrastive, part)
      let isLast = part.upperBound == captions.count
      if isLast { losses = try self.losses(contrastive, nats: nats, counts) }
      try backward(tape, isLast: isLast)
    }
    guard let losses else { preconditionFailure("at least one part") }
    return losses
  }

  /// The losses alone, of a batch that is held whole; no gradient is touched.
  /// - Throws: `CollectiveError` if a rank is lost.
  public func evaluate(_ images: Tensor, _ captions: PackedCaptions) throws -> Losses {
    let counts = try GlobalCounts(captions, padding, over: ranks)
    let output = model(images, captions, on: nil)
    let nats = caption(output.hidden, captions, counts)
    let contrastive = try contrast(
      output.imageEmbedding.value, output.textEmbedding.value, counts)
    return try losses(contrastive, nats: nats, counts)
  }

  private func whole(
    _ images: Tensor, _ captions: PackedCaptions, _ counts: GlobalCounts
  ) throws -> Losses {
    let tape = Tape(recomputesBlocks: recomputesBlocks)
    let output = clock.measure(.forward) { model(images, captions, on: tape) }
    let nats = caption(output.hidden, captions, counts)
    let contrastive = try contrast(
      output.imageEmbedding.value, output.textEmbedding.value, counts)
    seed(output, contrastive, 0..<captions.count)
    addScaleGradient(contrastive)
    let losses = try losses(contrastive, nats: nats, counts)
    try backward(tape, isLast: true)
    return losses
  }

  /// The last pass comes after all that ranks tell each other about losses: gradients may travel
  /// from here on.
  private func backward(_ tape: Tape, isLast: Bool) throws {
    try clock.measure(.backward) {
      guard isLast, let completed else { return tape.backward() }
      try tape.backward(of: model.parameters.parameters, completed: completed)
    }
  }

  /// The captioning loss of some captions in nats; its gradient follows on their tape.
  private func caption(
    _ hidden: Variable, _ captions: PackedCaptions, _ counts: GlobalCounts
  ) -> Double {
    clock.measure(.forward) {
      vocabularyCrossEntropy(
        hidden, model.vocabularyProjection, targets: captions.targets(padding),
        weight: Float(weights.caption / Double(max(counts.targets, 1))))
    }
  }

  private func contrast(
    _ images: Tensor, _ texts: Tensor, _ counts: GlobalCounts
  ) throws -> ContrastiveLoss.Result {
    try ContrastiveLoss.evaluate(
      images: images, texts: texts, scale: exp(model.logitScale.value.pointer[0]),
      pairs: counts.pairs, over: ranks, clock: clock)
  }

  /// Starts the backward pass of some rows with the contrastive loss's gradient.
  private func seed(_ output: CoCa.Output, _ loss: ContrastiveLoss.Result, _ rows: Range<Int>) {
    let weight = Float(weights.contrastive)
    for (embedding, gradient) in [
      (output.imageEmbedding, loss.imageGradient), (output.textEmbedding, loss.textGradient),
    ] {
      let part = gradient.rows(rows)
      kernels.scale(weight, part.pointer, part.count)
      embedding.seed(part)
    }
  }

  /// Adds the logit scale's gradient, of which there is one a step.
  private func addScaleGradient(_ loss: ContrastiveLoss.Result) {
    model.logitScale.gradient.pointer[0] += Float(weights.contrastive * loss.logScaleGradient)
  }

  private func losses(
    _ contrastive: ContrastiveLoss.Result, nats: Double, _ counts: GlobalCounts
  ) throws -> Losses {
    var sums = [
      contrastive.share, nats, Double(contrastive.imageToTextHits),
      Double(contrastive.textToImageHits),
    ]
    try clock.measure(.communicate) { try ranks.allReduceSum(&sums) }
    let pairs = Double(max(counts.total, 1))
    return Losses(
      contrastive: sums[0], caption: sums[1] / Double(max(counts.targets, 1)), weights: weights,
      imageToTextAccuracy: sums[2] / pairs, textToImageAccuracy: sums[3] / pairs,
      pairs: counts.total, targets: counts.targets)
  }

  private func cut(_ count: Int) -> [Range<Int>] {
    guard let microbatch, count > microbatch else { return [0..<count] }
    return stride(from: 0, to: count, by: microbatch).map { $0..<min($0 + microbatch, count) }
  }
}

/// What the losses of a step are divided by: counted over all ranks before any loss.
private struct GlobalCounts {
  /// Every rank's pairs.
  let pairs: [Int]
  /// Ids to be predicted, over all ranks.
  let targets: Int
  var total: Int { pairs.reduce(0, +) }

  init(_ captions: PackedCaptions, _ padding: Int32?, over ranks: any Communicator) throws {
    var counts = [Double](repeating: 0, count: ranks.size + 1)
    counts[ranks.rank] = Double(captions.count)
    counts[ranks.size] = Double(captions.targets(padding).count { $0 >= 0 })
    try ranks.allReduceSum(&counts)
    pairs = counts.dropLast().map { Int($0) }
    targets = Int(counts[ranks.size])
  }
}

extension PackedCaptions {
  /// The next id of every id but each caption's last; -1, nothing to predict, where it is padding.
  func targets(_ padding: Int32?) -> [Int32] {
    (0..<count).flatMap { self[$0].dropFirst().map { $0 == padding ? -1 : $0 } }
  }

  func part(_ range: Range<Int>) -> PackedCaptions {
    PackedCaptions(range.map { Array(self[$0]) })
  }
}

extension Tensor {
  /// Samples `range` along the first dimension.
  fileprivate func part(_ range: Range<Int>) -> Tensor {
    let size = shape.dropFirst().reduce(1, *)
    return slice(at: range.lowerBound * size, shape: [range.count] + shape.dropFirst())
  }

  fileprivate static func joined(_ parts: [Tensor], width: Int) -> Tensor {
    let whole = Tensor([parts.reduce(0) { $0 + $1.rows }, width])
    var row = 0
    for part in parts {
      whole.rows(row..<row + part.rows).pointer.update(from: part.pointer, count: part.count)
      row += part.rows
    }
    return whole
  }
}
