import Images
import Records
import Tensors
import Text

/// The random changes of a training picture.
public struct Augmentation: Sendable, Equatable {
  public enum Cut: Sendable, Equatable {
    /// A crop with this share of the picture's area, at any place.
    case area(ClosedRange<Double>)
    /// A window, of the model's size, of the picture at so many times that size.
    case window(resize: Double)
  }

  public var cut: Cut
  /// Whether half of the pictures are mirrored.
  public var flip: Bool

  public init(_ cut: Cut, flip: Bool) {
    self.cut = cut
    self.flip = flip
  }

  /// The shorter side to which a picture may be reduced when it is decoded, without having to be
  /// enlarged later: no random crop (sides of 3:4 to 4:3) and no window is then below the model's
  /// size.
  func shorterSide(_ transform: ImageTransform) -> Int {
    let factor =
      switch cut {
      case .area(let area): 1 / max(0.01, area.lowerBound * 3 / 4).squareRoot()
      case .window(let resize): resize
      }
    return Int((factor * Double(max(transform.height, transform.width))).rounded(.up))
  }
}

/// Makes a rank's batch of any step: reads its lanes' samples, decodes and augments the pictures,
/// and turns annotations into ids. For one step it always gives the same batch.
///
/// Memory: see `Settings.frameCacheBytes`; also one frame and one picture for each worker.
public final class BatchLoader: Sendable {
  public struct Settings: Sendable {
    public static let defaultFrameCacheBytes = 256 << 20

    public var seed: UInt64
    public var transform: ImageTransform
    /// Nil: no random changes; pictures are as in evaluation.
    public var augmentation: Augmentation?
    public var badSamples: BadSamplePolicy
    /// The most bytes of decompressed frames that are kept on this rank.
    public var frameCacheBytes = Settings.defaultFrameCacheBytes
    /// Threads that decode one batch.
    public var workers: Int
    /// Copies of shards on this machine; nil: shards are read where they are.
    public var cache: ShardCache?
    /// What images are classified by; such samples need no text.
    public var classes: SampleClasses?

    public init(
      seed: UInt64, transform: ImageTransform, augmentation: Augmentation?,
      badSamples: BadSamplePolicy = .skip(limit: 0.01), workers: Int = 1, cache: ShardCache? = nil,
      classes: SampleClasses? = nil
    ) {
      self.seed = seed
      self.transform = transform
      self.augmentation = augmentation
      self.badSamples = badSamples
      self.workers = workers
      self.cache = cache
      self.classes = classes
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
  private let copies: ShardCopies?

  /// - Parameter plan: made from these sources' sample counts, in this order.
  /// - Throws: `PipelineError` for more ranks than lanes, or for text without a tokenizer.
  public init(
    sources: [SampleSource], plan: BatchPlan, text: SampleText, settings: Settings,
    rank: Int, size: Int
  ) throws {
    precondition(plan.samples == sources.map(\.samples), "a plan of these sources")
    guard size <= plan.lanes.count else {
      throw PipelineError("lanes", .moreRanksThanLanes(ranks: size, lanes: plan.lanes.count))
    }
    if settings.classes == nil, let source = sources.first(where: { !text.makes($0.text) }) {
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
    let largest = lists.reduce(1) { max($0, $1.largestShard) }
    reader = SampleReader(
      sources: lists, frameCacheBytes: settings.frameCacheBytes, workers: settings.workers,
      cache: settings.cache,
      openShards: ShardCopies.openShards(settings.cache, largest: largest, ranks: size))
    copies = try settings.cache.map { try ShardCopies($0, of: lists) }
  }

  /// Why a shard could not be copied to the cache, the first time that this happened.
  public var cacheProblem: RecordError? { settings.cache?.problem }

  /// Starts to read a later step's frames from slow storage, and to copy shards that are needed
  /// later. Errors are not reported here: they come again in `load`.
  public func prepare(step: Int) {
    let pairs = try? order.pairs(step: step, rank: rank, size: size) {
      try reader.frameSamples($0)
    }
    if let pairs { try? reader.prepare(pairs.map(\.address)) }
    guard let copies else { return }
    for step in [step, step + ShardCopies.steps] {
      copies.want(order.shards(step: step, rank: rank, size: size)) { [reader] in
        reader.reopen($0)
      }
    }
  }

  /// This rank's share of a step.
  ///
  /// - Throws: `RecordError` for a shard that cannot be opened or read at all; `PipelineError` for
  ///   a sample that cannot be used under the policy `fail`, or when cancelled.
  public func load(step: Int, cancellation: Cancellation = Cancellation()) throws -> Batch {
    let start = ContinuousClock.now
    let pairs = try order.pairs(step: step, rank: rank, size: size) {
      try reader.frameSamples($0)
    }
    let transform = settings.transform
    let pictures = ImageRows(count: pairs.count, transform)
    let outcomes = try reader.read(pairs.map(\.address), cancellation: cancellation) {
      row, sample throws(BadSample.Reason) in
      let loaded = try self.read(pairs[row], sample)
      try self.draw(pairs[row], sample, into: pictures.row(row))
      return loaded
    }
    var rows: [Batch.Row] = [], ids: [[Int32]] = [], skipped: [BadSample] = [], kept: [Int] = []
    for (row, outcome) in outcomes.enumerated() {
      switch outcome {
      case .success(let text):
        let pair = pairs[row]
        rows.append(
          Batch.Row(
            source: pair.source, number: pair.number, epoch: pair.epoch, sample: pair.sample,
            lane: pair.lane, key: text.key, imageHash: text.identity.image,
            textHash: text.identity.text, classes: text.classes,
            labelHash: text.identity.label))
        ids.append(text.ids)
        kept.append(row)
      case .failure(let bad): skipped.append(try settings.badSamples.accept(bad))
      }
    }
    return Batch(
      step: step, pictures: pictures.keeping(kept), captions: PackedCaptions(ids), rows: rows,
      skipped: skipped, seconds: (ContinuousClock.now - start) / .seconds(1),
      sourceNames: sources.map(\.name))
  }

  private func read(
    _ pair: LocatedPair, _ sample: Sample
  ) throws(BadSample.Reason) -> Loaded {
    let kind = sources[pair.source].text
    let annotation = try sample.checkedAnnotation(keys: kind.keys)
    let classes = try settings.classes?.classes(of: annotation)
    let drawn =
      classes == nil ? try text.drawn(annotation, as: kind, random: random("text", pair)) : nil
    return Loaded(
      key: sample.key, ids: drawn?.ids ?? [], classes: classes ?? [],
      identity: SampleIdentity(sample, annotation, drawn, source: pair.source))
  }

  private func draw(
    _ pair: LocatedPair, _ sample: Sample, into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(BadSample.Reason) {
    guard let augmentation = settings.augmentation else {
      return settings.transform.evaluate(try sample.picture(), into: pixels)
    }
    let transform = settings.transform, random = random("augment", pair)
    let picture = try sample.picture(shorterSide: augmentation.shorterSide(transform))
    switch augmentation.cut {
    case .area(let area):
      transform.random(picture, crop: area, flip: augmentation.flip, random: random, into: pixels)
    case .window(let resize):
      transform.random(
        picture, resize: resize, flip: augmentation.flip, random: random, into: pixels)
    }
  }

  private func random(_ purpose: KeyPart, _ pair: LocatedPair) -> CounterRandom {
    CounterRandom(
      seed: settings.seed, purpose, KeyPart(pair.source), KeyPart(pair.epoch),
      KeyPart(pair.sample))
  }
}

/// What is kept of a sample when its picture is in the batch.
private struct Loaded: Sendable {
  let key: String
  let ids: [Int32]
  let classes: [Int]
  let identity: SampleIdentity
}

extension BadSamplePolicy {
  /// Returns the sample if the policy allows to leave it out, and throws otherwise.
  func accept(_ bad: BadSample) throws(PipelineError) -> BadSample {
    if case .fail = self { throw PipelineError("data", .badSample(bad)) }
    return bad
  }
}
