import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import Optimizers
import Pipeline
import Records
import Text

/// Everything a run file decides, checked, before any weight has memory.
struct RunPlan {
  let configuration: RunConfiguration
  let shape: ModelConfiguration
  /// What is minimised.
  let terms: [WeightedTerm]
  let tokenizer: (any Tokenizer)?
  /// Where the weights start from, if not from random numbers.
  let initial: ModelSource?
  let sources: [SampleSource]
  let validation: [ValidationSet]
  let batches: BatchPlan
  let steps: Int
  let schedule: Schedule

  /// - Parameters:
  ///   - file: the run file, for errors.
  ///   - continued: a checkpoint of this run; it brings what `init` brought when the run began.
  ///   - verifying: how closely `init` is looked at.
  /// - Throws: what is wrong with the run file, its data, tokenizer or model, naming the place.
  init(
    _ configuration: RunConfiguration, file: String, continued: Checkpoint?,
    verifying: Verification
  ) throws {
    self.configuration = configuration
    initial =
      continued != nil
      ? nil
      : try configuration.initial.map {
        try ModelSource.open(URL(fileURLWithPath: $0), verifying: verifying)
      }
    let origin = continued.map(ModelSource.checkpoint) ?? initial
    tokenizer = try Self.tokenizer(configuration, origin)
    terms = configuration.objective.terms.weighed(configuration.loss)
    shape = try Self.shape(configuration, origin, tokenizer, for: terms.heads, file: file)
    sources = try configuration.data.map(Self.source)
    let parts = ModelPart.parts(of: shape, tokenizer: tokenizer)
    validation = try configuration.validation.sets.map { try ValidationSet($0, model: parts) }
    let samples = sources.map(\.samples)
    let mixture = try Mixture(
      batch: configuration.batch, weights: sources.map(\.weight), samples: samples)
    batches = BatchPlan(
      mixture: mixture, lanes: Lanes(count: configuration.lanes), samples: samples)
    steps =
      switch configuration.length {
      case .steps(let steps): steps
      case .epochs(let epochs): try mixture.steps(epochs: epochs, samples: samples)
      case .samples(let pairs): try mixture.steps(pairs: pairs)
      }
    guard !steps.multipliedReportingOverflow(by: 2 * configuration.batch).overflow else {
      throw PipelineError("steps", .tooManySteps)
    }
    let warmup: Double =
      switch configuration.schedule.warmup {
      case .fraction(let fraction): fraction
      case .steps(let steps): Double(steps)
      }
    schedule = Schedule(
      peak: configuration.optimizer.lr, warmup: warmup, steps: steps,
      decay: configuration.schedule.decay)
  }

  /// The model without memory.
  func model() -> CoCa { CoCa(shape, vocabularySize: tokenizer?.vocabularySize ?? 0) }

  var optimizerSettings: OptimizerSettings {
    var settings = OptimizerSettings()
    settings.name = configuration.optimizer.name
    settings.beta1 = Float(configuration.optimizer.beta1)
    settings.beta2 = configuration.optimizer.beta2
    settings.epsilon = Float(configuration.optimizer.epsilon)
    settings.weightDecay = Float(configuration.optimizer.weightDecay)
    settings.decay = configuration.optimizer.decay
    return settings
  }

  var travel: GradientTravel.Settings {
    GradientTravel.Settings(
      overlap: configuration.overlap, wire: configuration.gradientType,
      isSharded: configuration.shardOptimizer)
  }

  var badSamples: BadSamplePolicy {
    switch configuration.badSamples.policy {
    case .skip: .skip(limit: configuration.badSamples.limit)
    case .fail: .fail
    }
  }

  /// - Throws: `RecordError` if its folder cannot be used, `PipelineError` if it holds no shard.
  func cache() throws -> ShardCache? {
    guard let cache = configuration.dataCache else { return nil }
    let shards = sources.flatMap { $0.records.flatMap(\.index.shards) }
    let largest = shards.reduce(0) { max($0, $1.bytes) }
    guard largest <= cache.limit.bytes else {
      throw PipelineError(
        "data_cache.limit", .cacheTooSmall(limit: cache.limit.bytes, shard: largest))
    }
    return try ShardCache(
      folder: URL(fileURLWithPath: cache.folder, isDirectory: true), limit: cache.limit.bytes)
  }

  private static func tokenizer(
    _ configuration: RunConfiguration, _ origin: ModelSource?
  ) throws -> (any Tokenizer)? {
    if let path = configuration.tokenizer {
      return try TokenizerFile.open(URL(fileURLWithPath: path))
    }
    return try origin?.tokenizer()
  }

  private static func source(_ source: RunConfiguration.Source) throws -> SampleSource {
    let text: SampleSource.Text =
      switch source.text {
      case .caption: .caption
      case .tokens: .tokens
      case .labels: .labels(try Prompts(source.prompts))
      case .fields(let fields): .fields(
        try fields.map { field in
          SampleSource.Field(
            name: field.name, weight: field.weight, prompts: try Prompts(source.prompts))
        })
      }
    return SampleSource(
      name: source.name,
      records: try source.records.map {
        try RecordSet(directory: URL(fileURLWithPath: $0, isDirectory: true))
      },
      weight: source.weight, text: text)
  }
}

extension Prompts {
  init(_ choice: RunConfiguration.PromptChoice?) throws {
    switch choice {
    case .file(let path): try self.init(file: URL(fileURLWithPath: path))
    case .off: self = .none
    case .standard, nil: self = .default
    }
  }
}

extension RunPlan {
  /// Ids of a text of each source; where nobody is told of them they are not counted.
  func tokens(_ model: CoCa, isTold: Bool) -> [Double?] {
    let text = SampleText(
      tokenizer: tokenizer, vocabularySize: model.vocabularySize, context: shape.text.context)
    return sources.map { source in
      isTold && text.makes(source.text)
        ? source.meanTokens(text, seed: configuration.seed) : nil
    }
  }

  /// - Throws: `PipelineError` where some ranks would never have a pair.
  func check(ranks: Int) throws {
    guard ranks <= configuration.lanes else {
      throw PipelineError(
        "lanes", .moreRanksThanLanes(ranks: ranks, lanes: configuration.lanes))
    }
  }
}
