import Autograd
import Collectives
import Tensors

/// One of the losses that are minimised together, on the heads of passes over texts.
///
/// `Objective` has the schedule: it counts, makes the embeddings that a global term asks for, lets
/// every term begin the step, and then goes through the parts with one tape each.
public protocol LossTerm: Sendable {
  /// Its key below `loss:`, and what metrics and logs call it.
  static var name: String { get }
  /// What it measures, for the documentation.
  var meaning: String { get }
  /// The loss is in these.
  var unit: String { get }
  /// The model's heads that it reads.
  var heads: Set<Head> { get }
  /// The sets of self-attention weights that read its passes.
  var attentionSets: Set<AttentionSet> { get }
  /// Whether its gradient depends on the embeddings of the global batch: these are then made, of
  /// every part, before any part's backward pass.
  var isGlobal: Bool { get }

  /// The passes that it reads of a part; their embeddings are those of the exchange.
  func passes(over part: Pairs) -> [Pass]
  /// What counts in a rank's pairs; the loss is divided by the sum over ranks.
  func count(_ pairs: Pairs, _ model: CoCa) -> Int
  /// Makes what the term needs of the global batch. Collective.
  /// - Throws: `CollectiveError` if a rank is lost.
  func begin(_ step: LossStep, _ exchange: LossExchange) throws -> any LossTermStep
}

extension LossTerm {
  public var name: String { Self.name }
  public var attentionSets: Set<AttentionSet> { .standard }
}

/// What a term knows of a step throughout.
public struct LossStep {
  let model: CoCa
  /// Of the term.
  package let weight: Double
  /// What its loss is divided by.
  let denominator: Int
  let batch: GlobalBatch
  let clock: StepClock
  /// Whether gradients follow.
  let isTraining: Bool

  /// Shares that this rank has.
  package var shares: Int { batch.images.own.count }
}

/// What a term may tell other ranks, and how. A term keeps what it makes of it, not this: it holds
/// the embeddings.
public struct LossExchange {
  /// This rank's share, with its identities.
  let pairs: Pairs
  /// Of this rank's share; nil where no term is global.
  let embeddings: Embeddings?
  let mode: ContrastiveExchange
  let ranks: any Communicator
}

/// A term while a step is made: its exchange is behind it, the parts come one by one.
public protocol LossTermStep: AnyObject {
  /// Further passes over a part, which the exchange has decided on.
  func passes(over part: PartRows) -> [Pass]
  /// Comes before the parts of a share.
  func begin(share: Int)
  /// Adds a part to its share's sums and starts its gradient.
  func add(_ part: PartOutput, share: Int)
  /// The loss first, then what is told besides.
  var figures: [ShareFigure] { get }
}

extension LossTermStep {
  public func passes(over part: PartRows) -> [Pass] { [] }
  public func begin(share: Int) {}
}

/// A number that a term tells, while its parts are on the ranks.
public struct ShareFigure {
  let name: String
  let unit: String
  /// A number for each of this rank's shares.
  let sums: [Double]
  /// The figure is the sum over all shares, divided by this.
  let divisor: Double
  /// How many things it is a mean of, over all ranks.
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

  init(_ pairs: Pairs, _ rows: PartRows, _ passes: [Pass], of model: CoCa, on tape: Tape?) {
    (self.pairs, self.rows, self.model, self.tape) = (pairs, rows, model, tape)
    let heads = passes.reduce(into: Set<Head>()) { $0.formUnion($1.heads) }
    images = model.encode(images: pairs.images, for: heads, on: tape)
    add(passes)
  }

  /// Makes further passes beside the same images.
  func add(_ passes: [Pass]) {
    for pass in passes.merged() {
      read.append((pass, model.read(pass, beside: images, on: tape)))
    }
  }

  /// That of the first pass that makes one: the texts of the exchange.
  var textEmbedding: Variable? { read.lazy.compactMap(\.texts.embedding).first }

  /// What a pass has given, perhaps made together with others'.
  package func texts(of pass: Pass) -> CoCa.ReadTexts {
    guard let found = read.first(where: { $0.pass.runs(as: pass) }) else {
      preconditionFailure("a term asks for a pass that it has not named")
    }
    return found.texts
  }
}
