import Autograd
import Collectives
import Tensors

/// One of the losses that are minimised together. It reads heads of passes over texts.
///
/// `Objective` has the schedule: it counts, makes the embeddings that a global term needs, lets
/// every term begin the step, and then goes through the parts, each with a tape of its own.
public protocol LossTerm: Sendable {
  /// Its key below `loss:`; metrics and logs use the same name.
  static var name: String { get }
  /// What it measures, for the documentation.
  var meaning: String { get }
  /// The unit of the loss.
  var unit: String { get }
  /// The model's heads that it reads.
  var heads: Set<Head> { get }
  /// The sets of self-attention weights that read its passes.
  var attentionSets: Set<AttentionSet> { get }
  /// Whether the model has a bias of the similarities for it.
  var hasBias: Bool { get }
  /// Whether its gradient depends on the embeddings of the global batch. The embeddings of every
  /// part are then made before the backward pass of any part.
  var isGlobal: Bool { get }

  /// The passes that it reads of a part; the embeddings of the exchange come from these passes.
  func passes(over part: Pairs) -> [Pass]
  /// How much of a rank's pairs counts; the loss is divided by the sum over ranks.
  func count(_ pairs: Pairs, _ model: CoCa) -> Int
  /// Sets those weights of a new model that the term's options decide.
  /// - Parameter pairs: of a batch.
  func start(_ model: CoCa, pairs: Int)
  /// The term by which held-out pairs are measured: without options of training alone.
  func measuring(_ model: ModelConfiguration) -> Self
  /// Computes what the term needs of the global batch. Collective.
  /// - Throws: `CollectiveError` if a rank is lost.
  func begin(_ step: LossStep, _ exchange: LossExchange) throws -> any LossTermStep
}

extension LossTerm {
  public var name: String { Self.name }
  public var attentionSets: Set<AttentionSet> { .standard }
  public var hasBias: Bool { false }
  public func start(_ model: CoCa, pairs: Int) {}
  public func measuring(_ model: ModelConfiguration) -> Self { self }
}

/// What a term knows throughout a step.
public struct LossStep {
  let model: CoCa
  /// The term's weight.
  package let weight: Double
  /// What its loss is divided by.
  let denominator: Int
  let batch: GlobalBatch
  let clock: StepClock
  /// Whether gradients are computed too.
  let isTraining: Bool

  /// The number of this rank's shares.
  package var shares: Int { batch.images.own.count }
}

/// What a term may exchange with other ranks. A term keeps what it computes from this, not this
/// itself: it holds the embeddings.
public struct LossExchange {
  /// This rank's share of the batch, with its identities.
  let pairs: Pairs
  /// The embeddings of this rank's share; nil where no term is global.
  let embeddings: Embeddings?
  let mode: ContrastiveExchange
  let ranks: any Communicator
}

/// A term during a step: its exchange is done, and the parts come one by one.
public protocol LossTermStep: AnyObject {
  /// Further passes over a part, which follow from the exchange.
  func passes(over part: PartRows) -> [Pass]
  /// Called before the parts of a share.
  func begin(share: Int)
  /// Adds a part to its share's sums and sets the gradient of its outputs.
  func add(_ part: PartOutput, share: Int)
  /// The loss first, then the other figures that are logged.
  var figures: [ShareFigure] { get }
}

extension LossTermStep {
  public func passes(over part: PartRows) -> [Pass] { [] }
  public func begin(share: Int) {}
}

/// A number that a term reports, before it is summed over the ranks.
public struct ShareFigure {
  let name: String
  let unit: String
  /// A number for each of this rank's shares.
  let sums: [Double]
  /// The figure is the sum over all shares divided by this.
  let divisor: Double
  /// How many things it is the mean of, over all ranks.
  let count: Int

  package init(name: String, unit: String, sums: [Double], divisor: Double, count: Int) {
    (self.name, self.unit, self.sums) = (name, unit, sums)
    (self.divisor, self.count) = (divisor, count)
  }
}

/// Where a part lies among its rank's images and texts.
public struct PartRows: Sendable {
  public let images: Range<Int>
  public let texts: Range<Int>
}

/// A part's forward pass, which waits for its gradient.
public final class PartOutput {
  public let rows: PartRows
  public let pairs: Pairs
  let tape: Tape?
  let images: CoCa.EncodedImages
  private let model: CoCa
  private var read: [(pass: Pass, texts: CoCa.ReadTexts)] = []

  /// - Parameter heads: for which the images are encoded.
  init(
    _ pairs: Pairs, _ rows: PartRows, _ passes: [Pass], for heads: Set<Head>, of model: CoCa,
    on tape: Tape?
  ) {
    (self.pairs, self.rows, self.model, self.tape) = (pairs, rows, model, tape)
    images = model.encode(images: pairs.images, for: heads, on: tape)
    add(passes)
  }

  /// Makes further passes over the same images.
  func add(_ passes: [Pass]) {
    for pass in passes.merged() {
      read.append((pass, model.read(pass, beside: images, on: tape)))
    }
  }

  /// The text embedding of the first pass that has one: the texts of the exchange.
  var textEmbedding: Variable? { read.lazy.compactMap(\.texts.embedding).first }

  /// The result of a pass, which may have been computed together with others.
  package func texts(of pass: Pass) -> CoCa.ReadTexts {
    guard let found = read.first(where: { $0.pass.runs(as: pass) }) else {
      preconditionFailure("a term reads a pass that it has not asked for")
    }
    return found.texts
  }
}
