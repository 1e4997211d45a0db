import Images
import Records
import Tensors
import Text

/// What is random about a training picture.
public struct Augmentation: Sendable, Equatable {
  /// Which share of a picture's area is kept.
  public var crop: ClosedRange<Double>
  /// Whether half of the pictures are mirrored.
  public var flip: Bool

  public init(crop: ClosedRange<Double>, flip: Bool) {
    self.crop = crop
    self.flip = flip
  }
}

/// Makes a rank's batch of any step: reads its lanes' samples, decodes and augments the pictures,
/// turns annotations into ids. Two calls for one step give the same batch, on any rank count.
///
/// Memory: see `Settings.frameCacheBytes`; besides, one frame and one picture for each worker.
public final class BatchLoader: Sendable {
  public struct Settings: Sendable {
    public var seed: UInt64
    public var transform: ImageTransform
    /// Nil: pictures as they are evaluated, nothing random.
    public var augmentation: Augmentation?
    public var badSamples: BadSamplePolicy
    /// The most decompressed frames that are kept on this rank, in bytes.
    public var frameCacheBytes = 256 << 20
    /// Threads that decode one batch.
    public var workers = 1

    public init(
      seed: UInt64, transform: ImageTransform, augmentation: Augmentation?,
      badSamples: BadSamplePolicy = .skip(limit: 0.01)
    ) {
      self.seed = seed
      self.transform = transform
      self.augmentation = augmentation
      self.badSamples = badSamples
    }
  }

  public let plan: BatchPlan
  private let sources: [SampleSource]
  private let text: SampleText
  private let settings: Settings
  private let rank: Int
  private let size: Int
  private let order: SampleOrder
  private let reader: SampleReader

  /// - Parameter plan: of these sources' sample counts, in this order.
  /// - Throws: `PipelineError` for more ranks than lanes, or text that needs a tokenizer.
  public init(
    sources: [SampleSource], plan: BatchPlan, text: SampleText, settings: Settings,
    rank: Int, size: Int
  ) throws(PipelineError) {
    precondition(plan.samples == sources.map(\.samples), "a plan of these sources")
    guard size <= plan.lanes.count else {
      throw PipelineError("lanes", .moreRanksThanLanes(ranks: size, lanes: plan.lanes.count))
    }
    if let source = sources.first(where: { !text.makes($0.text) }) {
      throw PipelineError(source.name, .noTokenizer)
    }
    self.plan = plan
    self.sources = sources
    self.text = text
    self.settings = settings
    self.rank = rank
    self.size = size
    let lists = sources.map { ShardList(name: $0.name, records: $0.records) }
    order = SampleOrder(plan: plan, seed: settings.seed, sources: lists)
    reader = SampleReader(
      sources: lists, frameCacheBytes: settings.frameCacheBytes, workers: settings.workers)
  }

  /// This rank's share of a step.
  ///
  /// - Throws: `RecordError` for a shard that can't be opened or read at all, `PipelineError` for
  ///   a sample that can't be used under the policy `fail`, or when cancelled.
  public func load(step: Int, cancellation: Cancellation = Cancellation()) throws -> Batch {
    let start = ContinuousClock.now
    let pairs = try order.pairs(step: step, rank: rank, size: size) {
      try reader.frameSamples($0)
    }
    let transform = settings.transform
    let images = ImageRows(count: pairs.count, transform)
    let outcomes = try reader.read(pairs.map(\.address), cancellation: cancellation) {
      row, sample throws(BadSample.Reason) in
      let ids = try self.ids(of: pairs[row], sample)
      try self.draw(pairs[row], sample, into: images.row(row))
      return (key: sample.key, ids: ids)
    }
    var rows: [Batch.Row] = [], ids: [[Int32]] = [], skipped: [BadSample] = [], kept: [Int] = []
    for (row, outcome) in outcomes.enumerated() {
      switch outcome {
      case .success(let text):
        let pair = pairs[row]
        rows.append(
          .init(source: pair.source, number: pair.number, lane: pair.lane, key: text.key))
        ids.append(text.ids)
        kept.append(row)
      case .failure(let bad): skipped.append(try settings.badSamples.accept(bad))
      }
    }
    return Batch(
      step: step, images: images.keeping(kept), captions: PackedCaptions(ids), rows: rows,
      skipped: skipped, seconds: (ContinuousClock.now - start) / .seconds(1),
      sourceNames: sources.map(\.name))
  }

  private func ids(
    of pair: LocatedPair, _ sample: Sample
  ) throws(BadSample.Reason) -> [Int32] {
    let kind = sources[pair.source].text
    return try text.ids(
      sample.checkedAnnotation(keys: kind.keys), as: kind, random: random("text", pair))
  }

  private func draw(
    _ pair: LocatedPair, _ sample: Sample, into planes: UnsafeMutableBufferPointer<Float>
  ) throws(BadSample.Reason) {
    guard let augmentation = settings.augmentation else {
      return settings.transform.evaluate(try sample.picture(), into: planes)
    }
    settings.transform.random(
      try sample.picture(shorterSide: shorterSide(augmentation)), crop: augmentation.crop,
      flip: augmentation.flip, random: random("augment", pair), into: planes)
  }

  /// The shorter side of which no random crop (sides of 3:4 to 4:3) is below the model's size.
  private func shorterSide(_ augmentation: Augmentation) -> Int {
    let target = Double(max(settings.transform.height, settings.transform.width))
    let least = max(0.01, augmentation.crop.lowerBound * 3 / 4)
    return Int((target / least.squareRoot()).rounded(.up))
  }

  private func random(_ purpose: KeyPart, _ pair: LocatedPair) -> CounterRandom {
    CounterRandom(
      seed: settings.seed, purpose, KeyPart(pair.source), KeyPart(pair.epoch),
      KeyPart(pair.sample))
  }
}

extension BadSamplePolicy {
  /// The sample, if it may be left out.
  func accept(_ bad: BadSample) throws(PipelineError) -> BadSample {
    if case .fail = self { throw PipelineError("data", .badSample(bad)) }
    return bad
  }
}
