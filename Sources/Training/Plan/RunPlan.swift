import Checkpoints
import CoCaModel
import Evaluation
import Foundation
import Optimizers
import Pipeline
import Records
import RunFile
import Text

/// Everything a run file decides, checked, before any weight has memory.
struct RunPlan {
  let configuration: RunConfiguration
  let shape: ModelConfiguration
  /// What is minimised.
  let terms: [WeightedTerm]
  let frozen: FrozenTensors
  let tokenizer: (any Tokenizer)?
  /// Where the weights are taken from; nil: they are random.
  let initial: ModelSource?
  /// Whether the run begins with random weights.
  let isFromScratch: Bool
  let sources: [SampleSource]
  let validation: [ValidationSet]
  let batches: BatchPlan
  let steps: Int
  let schedule: Schedule

  /// - Parameters:
  ///   - file: the run file, for errors.
  ///   - continued: a checkpoint of this run; its model replaces what `init` gave at the start.
  ///   - verifying: how thoroughly `init` is checked.
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
    isFromScratch = origin == nil
    tokenizer = try Self.tokenizer(configuration, origin)
    let table = try InitialTable(initial, tokenizer, configuration)
    try table?.checkPieces()
    terms = configuration.objective.terms.weighed(configuration.loss)
    shape = try Self.shape(configuration, origin, tokenizer, for: terms, file: file)
    try table?.check(shape)
    frozen = FrozenTensors(configuration.freeze)
    try frozen.check(CoCa(shape, vocabularySize: tokenizer?.vocabularySize ?? 0), file: file)
    sources = try configuration.data.map { try SampleSource($0) }
    if let classes = shape.classes {
      for source in sources { try source.check(SampleClasses(classes)) }
    }
    let parts = ModelPart.parts(of: shape, tokenizer: tokenizer)
    validation = try configuration.validation.sets.map { try ValidationSet($0, model: parts) }
    let samples = sources.map(\.samples)
    let mixture = try Mixture(
      batch: configuration.batch, weights: sources.map(\.weight), samples: samples)
    batches = BatchPlan(
      mixture: mixture, lanes: Lanes(count: configuration.lanes), samples: samples)
    steps = try batches.steps(for: configuration.length)
    guard !steps.multipliedReportingOverflow(by: 2 * configuration.batch).overflow else {
      throw PipelineError("steps", .tooManySteps)
    }
    schedule = Schedule(
      configuration.schedule, peak: configuration.optimizer.lr, steps: steps)
  }

  /// The model; its parameters have no memory yet.
  func model() -> CoCa {
    let model = CoCa(shape, vocabularySize: tokenizer?.vocabularySize ?? 0)
    model.parameters.freeze { frozen.contains($0.name) }
    return model
  }

  var travel: GradientTravel.Settings {
    GradientTravel.Settings(
      overlap: configuration.overlap, wire: configuration.gradientType,
      isSharded: configuration.shardOptimizer)
  }

  var badSamples: BadSamplePolicy { BadSamplePolicy(configuration.badSamples) }

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
}

extension RunPlan {
  /// How long the texts of each source are; not counted where nobody will see it.
  func textLengths(_ model: CoCa, isTold: Bool) -> [TextLengths?] {
    let text = SampleText(
      tokenizer: tokenizer, vocabularySize: model.vocabularySize, context: shape.text.context)
    return sources.map { source in
      isTold && shape.classes == nil && text.makes(source.text)
        ? source.textLengths(text, seed: configuration.seed) : nil
    }
  }

  /// The steps that another length of this run would have.
  func steps(for length: RunConfiguration.Length) throws -> Int { try batches.steps(for: length) }

  /// - Throws: `PipelineError` where some ranks would never get a pair.
  func check(ranks: Int) throws {
    guard ranks <= configuration.lanes else {
      throw PipelineError(
        "lanes", .moreRanksThanLanes(ranks: ranks, lanes: configuration.lanes))
    }
  }
}

extension FrozenTensors {
  /// - Throws: `ConfigurationError` for a prefix that no tensor's name begins with, and where no
  ///   tensor is left to train.
  fileprivate func check(_ model: CoCa, file: String) throws(ConfigurationError) {
    let names = model.parameters.parameters.map(\.name)
    let parts = Set(names.compactMap { $0.split(separator: ".").first }).sorted()
    if let unused = unused(among: names) {
      throw ConfigurationError(
        file, "freeze",
        .unexpected(
          found: "\"\(unused)\"",
          expected: "prefixes of this model's tensor names, which begin with "
            + parts.joined(separator: ", ")))
    }
    guard names.allSatisfy(contains) else { return }
    throw ConfigurationError(
      file, "freeze",
      .unexpected(found: "all of them", expected: "prefixes that leave a tensor to train"))
  }
}

extension BatchPlan {
  fileprivate func steps(for length: RunConfiguration.Length) throws -> Int {
    switch length {
    case .steps(let steps): steps
    case .epochs(let epochs): try mixture.steps(epochs: epochs, samples: samples)
    case .samples(let pairs): try mixture.steps(pairs: pairs)
    }
  }
}
