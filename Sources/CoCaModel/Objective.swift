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
  let exchange: ContrastiveExchange
  let clock: StepClock
  /// Told when a parameter's gradient is this rank's whole share of the step's.
  let completed: ((Parameter) throws -> Void)?
  private var padding: Int32? { model.configuration.padding }

  public init(
    _ model: CoCa, weights: LossWeights, microbatch: Int? = nil, recomputesBlocks: Bool = false,
    exchange: ContrastiveExchange = .gather, over ranks: any Communicator,
    clock: StepClock = StepClock(), completed: ((Parameter) throws -> Void)? = nil
  ) {
    self.model = model
    self.weights = weights
    self.ranks = ranks
    self.microbatch = microbatch
    self.recomputesBlocks = recomputesBlocks
    self.exchange = exchange
    self.clock = clock
    self.completed = completed
  }

  /// Adds this rank's share of the gradient to the parameters' gradients.
  /// - Parameters:
  ///   - images: `[n, 3, height, width]`; n may be 0 and differ between ranks.
  ///   - captions: `n` of them.
  ///   - lanes: how many of them belong to each of this rank's lanes, which lie as `LaneTree` says.
  ///     Nothing then depends on how many ranks there are, once gradients are added by
  ///     `Exchange`: a lane is the micro-batch. Nil: sums go as it is fastest.
  /// - Throws: `CollectiveError` if a rank is lost.
  public func backward(
    _ images: Tensor, _ captions: PackedCaptions, lanes: [Int]? = nil
  ) throws -> Losses {
    let batch = try clock.measure(.communicate) { try globalBatch(captions, lanes: lanes) }
    let mine = batch.shares(of: ranks.rank)
    let shares = LaneTree.order(mine.count).map { (index: $0, parts: cut(mine[$0].rows)) }
    // Embeddings first, without a tape; then the gradient, part by part, with a tape each. (Gao et
    // al., arXiv 2101.06983.) The part that comes last here comes first there and keeps its tape.
    let embeddings = Embeddings(pairs: captions.count, joint: model.configuration.joint)
    for part in shares.flatMap(\.parts).dropFirst() {
      clock.measure(.forward) {
        embeddings.set(
          part, images: model.imageEmbeddings(images.part(part)),
          texts: model.textEmbeddings(captions.part(part)))
      }
    }
    let part = shares[0].parts[0], first = forward(images, captions, part)
    embeddings.set(
      part, images: first.output.imageEmbedding.value, texts: first.output.textEmbedding.value)
    var kept: Pass? = consume first
    let (found, gradient) = try contrast(embeddings, batch)
    var nats = [Double](repeating: 0, count: mine.count)
    var losses: Losses?
    var passes = shares.reduce(0) { $0 + $1.parts.count }
    var tree = GradientTree(model.parameters.gradients, lanes: mine.count)
    for (index, parts) in shares {
      model.logitScale.gradient.pointer[0] += Float(weights.contrastive * gradient.logScale[index])
      for part in parts {
        let pass = kept ?? forward(images, captions, part)
        kept = nil
        nats[index] += caption(pass.output.hidden, captions.part(part), batch)
        seed(pass.output, gradient, part)
        passes -= 1
        // The last that ranks tell each other of losses: from here on gradients may travel.
        if passes == 0 { losses = try self.losses(found, nats: nats, batch) }
        try backward(pass.tape, completes: passes == 0 && mine.count == 1)
      }
      clock.measure(.backward) { tree.add() }
    }
    guard let losses else { preconditionFailure("a part at least, empty or not") }
    return losses
  }

  /// The losses alone, of a batch that is held whole; no gradient is touched.
  /// - Throws: `CollectiveError` if a rank is lost.
  public func evaluate(_ images: Tensor, _ captions: PackedCaptions) throws -> Losses {
    let batch = try globalBatch(captions)
    let output = model(images, captions, on: nil)
    let nats = [caption(output.hidden, captions, batch)]
    let embeddings = Embeddings(
      images: output.imageEmbedding.value, texts: output.textEmbedding.value)
    return try losses(try contrastiveLoss(embeddings, batch).shares, nats: nats, batch)
  }

  /// A forward pass that waits for its gradient.
  private struct Pass {
    let tape: Tape
    let output: CoCa.Output
  }

  private func forward(
    _ images: Tensor, _ captions: PackedCaptions, _ part: Range<Int>
  ) -> Pass {
    let tape = Tape(recomputesBlocks: recomputesBlocks)
    return clock.measure(.forward) {
      Pass(tape: tape, output: model(images.part(part), captions.part(part), on: tape))
    }
  }

  /// - Parameter completes: whether nothing is added to gradients afterwards; sums over several
  ///   lanes are complete only when the lanes are added.
  private func backward(_ tape: Tape, completes: Bool) throws {
    try clock.measure(.backward) {
      guard completes, let completed else { return tape.backward() }
      try tape.backward(of: model.parameters.parameters, completed: completed)
    }
  }

  /// The captioning loss of some captions in nats; its gradient follows on their tape.
  private func caption(
    _ hidden: Variable, _ captions: PackedCaptions, _ batch: GlobalBatch
  ) -> Double {
    clock.measure(.forward) {
      vocabularyCrossEntropy(
        hidden, model.vocabularyProjection, targets: captions.targets(padding),
        weight: Float(weights.caption / Double(max(batch.targets, 1))))
    }
  }

  /// All that is kept of the contrastive loss; the others' embeddings are not.
  private func contrast(
    _ own: Embeddings, _ batch: GlobalBatch
  ) throws -> ([ContrastiveLoss.Share], ContrastiveLoss.Gradient) {
    let loss = try contrastiveLoss(own, batch)
    return (loss.shares, try loss.gradient())
  }

  private func contrastiveLoss(_ own: Embeddings, _ batch: GlobalBatch) throws -> ContrastiveLoss {
    try ContrastiveLoss(
      own, batch, scale: exp(model.logitScale.value.pointer[0]), exchange, over: ranks,
      clock: clock)
  }

  /// Starts the backward pass of some rows with the contrastive loss's gradient.
  private func seed(
    _ output: CoCa.Output, _ gradient: ContrastiveLoss.Gradient, _ rows: Range<Int>
  ) {
    let weight = Float(weights.contrastive)
    for (embedding, gradient) in [
      (output.imageEmbedding, gradient.images), (output.textEmbedding, gradient.texts),
    ] {
      let part = gradient.rows(rows)
      kernels.scale(weight, part.pointer, part.count)
      embedding.seed(part)
    }
  }

  private func losses(
    _ shares: [ContrastiveLoss.Share], nats: [Double], _ batch: GlobalBatch
  ) throws -> Losses {
    let count = batch.lengths.count
    var sums = [Double](repeating: 0, count: 2 * count + 2)
    for (index, share) in batch.shares(of: ranks.rank).enumerated() {
      sums[share.index] = shares[index].loss
      sums[count + share.index] = nats[index]
      sums[2 * count] += Double(shares[index].imageToTextHits)
      sums[2 * count + 1] += Double(shares[index].textToImageHits)
    }
    try clock.measure(.communicate) { try ranks.allReduceSum(&sums) }
    let pairs = Double(max(batch.pairs, 1)), targets = Double(max(batch.targets, 1))
    return Losses(
      contrastive: LaneTree.sum(sums[..<count]),
      caption: LaneTree.sum(sums[count..<2 * count]) / targets, weights: weights,
      imageToTextAccuracy: sums[2 * count] / pairs,
      textToImageAccuracy: sums[2 * count + 1] / pairs,
      pairs: batch.pairs, targets: batch.targets)
  }

  private func globalBatch(
    _ captions: PackedCaptions, lanes: [Int]? = nil
  ) throws -> GlobalBatch {
    try GlobalBatch(
      own: lanes ?? [captions.count], isOrdered: lanes != nil,
      targets: captions.targets(padding).count { $0 >= 0 }, over: ranks)
  }

  /// A share's micro-batches; at least one, which may be empty.
  private func cut(_ rows: Range<Int>) -> [Range<Int>] {
    guard let microbatch, rows.count > microbatch else { return [rows] }
    return rows.pieces(of: microbatch)
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
}
