import Collectives
import CoCaModel
import Pipeline
import Records
import Tensors

/// A message from an evaluation while it runs.
public enum EvaluationNotice: Sendable {
  /// How many batches of this rank's part of a task are done; sent on every rank as a heartbeat.
  case progress(done: Int, of: Int)
  /// Samples of all ranks that could not be used; sent on rank 0, once for a set.
  case leftOut(LeftOut)
  /// Fewer samples are used than were asked for; sent on rank 0, once for a set.
  case partlyUsed(used: Int, of: Int, batch: Int)
}

/// Samples that could not be used and do not count in any figure.
public struct LeftOut: Sendable, Codable, Equatable {
  /// The most samples that each rank names.
  static let nameLimit = 20

  public private(set) var count = 0
  /// Place and reason of the first ones.
  public private(set) var named: [String] = []

  mutating func add(_ sample: String) {
    count += 1
    if named.count < Self.nameLimit { named.append(sample) }
  }

  static func + (a: LeftOut, b: LeftOut) -> LeftOut {
    LeftOut(count: a.count + b.count, named: a.named + b.named)
  }

  private init(count: Int, named: [String]) {
    (self.count, self.named) = (count, named)
  }

  init() {}
}

/// Evaluates a model on pictures it was not trained on; for `coca-eval` and for validation.
///
/// Every method is collective and gives every rank the same results, whatever the number of ranks:
/// a set is cut into batches of one size, and ranks share whole batches. The caller must have
/// called `Threads.start`.
public struct Evaluator {
  public let saved: SavedModel
  let ranks: any Communicator
  let batch: Int
  let notify: (EvaluationNotice) throws -> Void

  /// - Parameters:
  ///   - batch: pictures or texts of a forward pass; pairs of a batch for the losses.
  ///   - notify: an error that it throws ends the evaluation on all ranks, at this rank's next
  ///     batch.
  public init(
    saved: SavedModel, over ranks: any Communicator, batch: Int = 64,
    notify: @escaping (EvaluationNotice) throws -> Void = { _ in }
  ) {
    precondition(batch > 0, "a batch holds pictures")
    self.saved = saved
    self.ranks = ranks
    self.batch = batch
    self.notify = notify
  }

  var model: CoCa { saved.model }

  func pictures(_ records: [RecordSet], _ limit: Int?) -> RecordPictures {
    RecordPictures(records, transform: saved.imageTransform, limit: limit)
  }

  /// Reads this rank's batches one by one. Collective, but `body` must not be.
  ///
  /// - Parameters:
  ///   - batch: pictures of a batch; nil: as many as usual.
  ///   - body: adds what it cannot use to the samples left out.
  /// - Throws: an error where a set is empty, or where every sample was left out.
  func forEachBatch(
    of source: some PictureSource, batch: Int? = nil,
    _ body: (Pictures, inout LeftOut) throws -> Void
  ) throws {
    let batch = batch ?? self.batch
    let batches = stride(from: 0, to: source.count, by: batch)
      .map { $0..<min($0 + batch, source.count) }
    let mine = ranks.share(of: batches.count)
    let leftOut = try together(ranks) {
      if source.count == 0 { throw PipelineError(source.name, .noSamples) }
      var leftOut = LeftOut()
      for index in mine {
        let pictures = try source.read(batches[index])
        pictures.leftOut.forEach { leftOut.add($0) }
        try body(pictures, &leftOut)
        try notify(.progress(done: index + 1 - mine.lowerBound, of: mine.count))
      }
      return leftOut
    }
    try report(leftOut, of: source.count, source.name)
  }

  /// Reports the samples of all ranks that were left out. Collective.
  func report(_ mine: LeftOut, of samples: Int, _ place: String) throws {
    let all = try ranks.gather([mine]).reduce(LeftOut(), +)
    try together(ranks) {
      if all.count > 0, ranks.rank == 0 { try notify(.leftOut(all)) }
      if let first = all.named.first, all.count >= samples {
        throw EvaluationError(place, .nothingUsable(samples: samples, first: first))
      }
    }
  }
}
