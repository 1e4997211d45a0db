import Autograd
import Collectives
import Tensors
import Text

/// What a step minimises: the losses of the global batch and their exact gradients. They do not
/// depend on the number of ranks, on their shares, or on the micro-batches.
///
/// Every loss is divided by global counts, so that gradients are summed over ranks, never averaged.
public struct Objective {
  let model: CoCa
  let terms: [WeightedTerm]
  let ranks: any Communicator
  /// Images per forward pass; nil: this rank's whole share.
  let microbatch: Int?
  /// Whether layers are computed again in the backward pass, which then needs less memory.
  let recomputesBlocks: Bool
  let exchange: ContrastiveExchange
  let clock: StepClock
  /// Called when this rank adds no more to a parameter's gradient in this step.
  let completed: ((Parameter) throws -> Void)?

  /// - Precondition: the model has the heads and the sets of self-attention weights that the terms
  ///   read.
  public init(
    _ model: CoCa, _ terms: [WeightedTerm], microbatch: Int? = nil, recomputesBlocks: Bool = false,
    exchange: ContrastiveExchange = .gather, over ranks: any Communicator,
    clock: StepClock = StepClock(), completed: ((Parameter) throws -> Void)? = nil
  ) {
    precondition(model.configuration.heads.isSuperset(of: terms.heads), "a head for every term")
    precondition(
      model.configuration.attentionSets.isSuperset(of: terms.attentionSets),
      "a set of self-attention weights for every term")
    precondition(!terms.hasBias || model.configuration.hasLogitBias, "a bias for its term")
    self.model = model
    self.terms = terms
    self.ranks = ranks
    self.microbatch = microbatch
    self.recomputesBlocks = recomputesBlocks
    self.exchange = exchange
    self.clock = clock
    self.completed = completed
  }

  /// Adds this rank's share of the gradient to the parameters' gradients.
  ///
  /// A global term needs all embeddings before any gradient. So they are first made without a tape,
  /// part by part; then come the gradients, part by part with a tape each (Gao et al., arXiv
  /// 2101.06983). The last part of the first round is the first of the second and keeps its tape.
  /// - Parameters:
  ///   - pairs: this rank's share of the batch; may be empty.
  ///   - lanes: how many images belong to each of this rank's lanes, which lie as `LaneTree` says.
  ///     A lane is then the micro-batch, and nothing depends on the number of ranks once gradients
  ///     are added by `Exchange`. Nil: sums are made in the fastest order.
  /// - Throws: `CollectiveError` if a rank is lost.
  public func backward(_ pairs: Pairs, lanes: [Int]? = nil) throws -> Losses {
    let batch = try clock.measure(.communicate) { try globalBatch(pairs, lanes: lanes) }
    let mine = batch.images.own
    let shares = LaneTree.order(mine.count).map { (index: $0, parts: cut(mine[$0].rows)) }
    var (embeddings, kept) = survey(pairs, shares.flatMap(\.parts))
    let steps = try begin(pairs, batch, consume embeddings, isTraining: true)
    var left = shares.reduce(0) { $0 + $1.parts.count }
    var losses: Losses?
    var tree = GradientTree(model.parameters, lanes: mine.count)
    for (index, parts) in shares {
      steps.forEach { $0.begin(share: index) }
      for part in parts {
        let output = kept ?? forward(pairs, part)
        kept = nil
        add(output, to: steps, share: index)
        left -= 1
        // Ranks exchange nothing more about losses: from here on gradients may be sent.
        if left == 0 { losses = try self.losses(steps, batch) }
        try backward(output.tape, completes: left == 0 && mine.count == 1)
      }
      clock.measure(.backward) { tree.add() }
    }
    model.parameters.settleGradients()
    guard let losses else { preconditionFailure("a part at least, empty or not") }
    return losses
  }

  /// The losses alone, of a batch that is kept in memory as a whole; gradients are not changed.
  /// - Throws: `CollectiveError` if a rank is lost.
  public func evaluate(_ pairs: Pairs) throws -> Losses {
    let batch = try globalBatch(pairs)
    let output = PartOutput(
      pairs, PartRows(images: 0..<pairs.count, texts: 0..<pairs.texts.count), passes(over: pairs),
      for: terms.heads, of: model, on: nil)
    let steps = try begin(pairs, batch, output.embeddings, isTraining: false)
    add(output, to: steps, share: 0)
    return try losses(steps, batch)
  }

  private func passes(over part: Pairs) -> [Pass] { terms.flatMap { $0.term.passes(over: part) } }

  /// The embeddings of this rank's share, if a term needs them, and the forward pass of the first
  /// part with its tape.
  private func survey(_ pairs: Pairs, _ parts: [Range<Int>]) -> (Embeddings?, PartOutput?) {
    let global = terms.filter(\.term.isGlobal)
    guard !global.isEmpty else { return (nil, nil) }
    let embeddings = Embeddings(
      images: pairs.count, texts: pairs.texts.count, joint: model.configuration.joint)
    for range in parts.dropFirst() {
      let part = pairs.part(range)
      let passes = global.flatMap { $0.term.passes(over: part) }.map { pass in
        var pass = pass
        pass.heads = [.contrastive]
        return pass
      }
      clock.measure(.forward) {
        embeddings.take(
          PartOutput(
            part, pairs.rows(of: range), passes, for: [.contrastive], of: model, on: nil))
      }
    }
    let first = forward(pairs, parts[0])
    embeddings.take(first)
    return (embeddings, first)
  }

  private func forward(_ pairs: Pairs, _ range: Range<Int>) -> PartOutput {
    let tape = Tape(recomputesBlocks: recomputesBlocks), part = pairs.part(range)
    return clock.measure(.forward) {
      PartOutput(
        part, pairs.rows(of: range), passes(over: part), for: terms.heads, of: model, on: tape)
    }
  }

  /// Makes every term's exchange, one after another.
  private func begin(
    _ pairs: Pairs, _ batch: GlobalBatch, _ embeddings: Embeddings?, isTraining: Bool
  ) throws -> [any LossTermStep] {
    let exchange = LossExchange(
      pairs: pairs, embeddings: embeddings, mode: exchange, ranks: ranks)
    return try zip(terms, batch.denominators).map { weighted, denominator in
      let step = LossStep(
        model: model, weight: weighted.weight, denominator: denominator, batch: batch,
        clock: clock, isTraining: isTraining)
      return try weighted.term.begin(step, exchange)
    }
  }

  private func add(_ output: PartOutput, to steps: [any LossTermStep], share: Int) {
    clock.measure(.forward) { output.add(steps.flatMap { $0.passes(over: output.rows) }) }
    for step in steps { step.add(output, share: share) }
  }

  /// - Parameter completes: whether nothing is added to the gradients afterwards; with several
  ///   lanes they are complete only when the lanes have been added up.
  private func backward(_ tape: Tape?, completes: Bool) throws {
    try clock.measure(.backward) {
      guard completes, let completed else { return tape?.backward() ?? () }
      try tape?.backward(of: model.parameters.trained, completed: completed)
    }
  }

  private func losses(_ steps: [any LossTermStep], _ batch: GlobalBatch) throws -> Losses {
    let figures = steps.map(\.figures)
    var sums: [Double] = []
    for figure in figures.joined() {
      var line = [Double](repeating: 0, count: batch.shares)
      for (share, sum) in zip(batch.images.own, figure.sums) { line[share.index] = sum }
      sums += line
    }
    try clock.measure(.communicate) { try ranks.allReduceSum(&sums) }
    var rest = sums[...]
    let terms = zip(terms, figures).map { weighted, figures in
      let found = figures.map { figure in
        defer { rest = rest.dropFirst(batch.shares) }
        return Losses.Figure(
          name: figure.name, unit: figure.unit,
          value: LaneTree.sum(rest.prefix(batch.shares)) / figure.divisor, count: figure.count)
      }
      return Losses.Term(
        name: weighted.term.name, weight: weighted.weight, loss: found[0],
        others: Array(found.dropFirst()))
    }
    return Losses(terms: terms, pairs: batch.texts.count)
  }

  private func globalBatch(_ pairs: Pairs, lanes: [Int]? = nil) throws -> GlobalBatch {
    let images = lanes ?? [pairs.count]
    var row = 0
    let texts = images.map { count in
      defer { row += count }
      return pairs.texts(of: row..<row + count).count
    }
    return try GlobalBatch(
      images: images, texts: texts, counts: terms.map { $0.term.count(pairs, model) },
      isOrdered: lanes != nil, over: ranks)
  }

  /// The micro-batches of a share; at least one, which may be empty.
  private func cut(_ rows: Range<Int>) -> [Range<Int>] {
    guard let microbatch, rows.count > microbatch else { return [rows] }
    return rows.pieces(of: microbatch)
  }
}

extension Pairs {
  fileprivate func rows(of images: Range<Int>) -> PartRows {
    PartRows(images: images, texts: texts(of: images))
  }
}

extension PartOutput {
  /// The part's embeddings; nil where no pass has made any.
  fileprivate var embeddings: Embeddings? {
    guard let images = images.embedding, let texts = textEmbedding else { return nil }
    return Embeddings(images: images.value, texts: texts.value)
  }
}

extension Embeddings {
  /// Copies a part's rows to their places.
  fileprivate func take(_ part: PartOutput) {
    guard let found = part.embeddings else { preconditionFailure("a global term embeds") }
    for (all, part, rows) in [
      (images, found.images, part.rows.images), (texts, found.texts, part.rows.texts),
    ] {
      all.rows(rows).pointer.update(from: part.pointer, count: part.count)
    }
  }
}
