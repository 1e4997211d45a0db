import Autograd
import CoCaModel
import Collectives
import OpenCLIP
import Optimizers
import Tensors

/// The whole computation for a truth's batch: both losses, every gradient and some updates, as the
/// trainer makes them.
public struct Replay: Sendable {
  public let truth: Truth
  public var configuration: ModelConfiguration
  public var terms: [WeightedTerm]
  public var optimizer: OptimizerSettings
  public var clip: Double?
  /// Pairs per forward pass; nil: the whole share.
  public var microbatch: Int?

  public init(_ truth: Truth) {
    self.truth = truth
    let description = truth.description
    configuration = truth.configuration
    terms = description.terms
    optimizer = description.updates?.optimizer.settings ?? OptimizerSettings()
    clip = description.updates?.clip
  }

  /// Compares everything that the truth contains; a single rank compares its outputs too.
  /// Collective.
  /// - Parameter pairs: this rank's share of the batch.
  public func comparisons(
    of pairs: Range<Int>, over ranks: any Communicator
  ) throws -> [Comparison] {
    let model = try truth.model(configuration)
    let judge = Judge(truth, model)
    var result: [Comparison] = []
    // With prefixes the reference has no outputs: they are not those of evaluation.
    if ranks.size == 1, truth.description.prefixes == nil { result += try outputs(model, judge) }
    let share = truth.pairs(pairs)
    let objective = Objective(model, terms, microbatch: microbatch, over: ranks)
    let optimizer = optimizer.optimizer(for: model.parameters)
    let updates = truth.description.updates
    var lines: [[Float]] = []
    for step in 0..<(updates?.steps ?? 1) {
      model.parameters.gradients.fill(0)
      let losses = try objective.backward(share)
      try Exchange(ranks).allReduceSum(model.parameters.gradients.buffer)
      let norm = GradientNorm(model.parameters)
      lines.append(
        LossTerms.all.map { Float(losses[$0.name]?.value ?? 0) } + [Float(norm.value)])
      if step == 0 {
        result += try judge.numbers("loss/", lines)
        result += try judge.parameters("gradient/", \.gradient)
      }
      guard let updates else { return result }
      try optimizer.update(
        learningRate: Float(updates.rate(at: step)), gradientScale: norm.scale(limit: clip))
      model.clampLogitScale()
    }
    return try result + judge.numbers("steps/", lines) + judge.parameters("after/", \.value)
  }

  private func outputs(_ model: CoCa, _ judge: Judge) throws -> [Comparison] {
    let (images, captions) = truth.batch(0..<truth.captions.count)
    var result: [Comparison] = []
    if model.configuration.heads.contains(.contrastive) {
      result += [
        try judge.tensor("image_features", model.imageEmbeddings(images)),
        try judge.tensor("text_features", model.textEmbeddings(captions)),
      ]
    }
    if model.configuration.heads.contains(.caption) {
      result.append(try judge.tensor("logits", model.logits(images, captions)))
    }
    return result
  }
}

/// Compares a model's results with the truth.
private struct Judge {
  let truth: Truth
  let model: CoCa
  /// Sum of all updates' rates: a gradient that is only rounding moves no weight further than this.
  let rates: Double

  init(_ truth: Truth, _ model: CoCa) {
    (self.truth, self.model) = (truth, model)
    let updates = truth.description.updates
    rates = (0..<(updates?.steps ?? 0)).reduce(0) { $0 + (updates?.rate(at: $1) ?? 0) }
  }

  func tensor(_ name: String, _ found: Tensor) throws -> Comparison {
    try truth.compare(name, found, truth[name])
  }

  /// Every loss and, for updates, the gradient's norm: a line for each step.
  func numbers(_ prefix: String, _ lines: [[Float]]) throws -> [Comparison] {
    try (LossTerms.all.map(\.name) + ["norm"]).enumerated().compactMap { column, name in
      guard truth.names.contains(prefix + name) else { return nil }
      let values = lines.map { $0[column] }
      return try tensor(prefix + name, Tensor(values, shape: truth[prefix + name].shape))
    }
  }

  /// - Parameter pick: a parameter's gradient, or its value.
  func parameters(
    _ prefix: String, _ pick: @escaping (Parameter) -> Tensor
  ) throws -> [Comparison] {
    guard model.configuration.layout == .openclip else {
      return try model.parameters.parameters.map { parameter in
        let name = prefix + parameter.name
        let queries = name.replacing(".key.bias", with: ".query.bias")
        return compare(name, pick(parameter), try truth[name], queries: try truth[queries])
      }
    }
    let lookup = model.parameters.lookup(pick)
    let names = Set(model.parameters.parameters.map(\.name))
    let tensors = OpenCLIPLayout(model.configuration).tensors.filter {
      names.isSuperset(of: $0.parameters)
    }
    return try tensors.flatMap { tensor in
      let name = prefix + tensor.name
      let found = tensor.gather(lookup), expected = try truth[name]
      guard tensor.parameters.count == 3 else { return [compare(name, found, expected)] }
      let parts = expected.thirds
      return zip(["query", "key", "value"], zip(found.thirds, parts)).map { part, pair in
        compare("\(name).\(part)", pair.0, pair.1, queries: parts[0])
      }
    }
  }

  /// The true gradient of a key bias is zero: it adds the same to all scores of a query. The
  /// computed one is only rounding, so it is compared with the query bias's gradient. After
  /// updates, which enlarge rounding, no weight may be further off than the updates can have moved
  /// it.
  private func compare(
    _ name: String, _ found: Tensor, _ expected: Tensor, queries: Tensor? = nil
  ) -> Comparison {
    let isKeyBias = name.hasSuffix("in_proj_bias.key") || name.hasSuffix(".key.bias")
    let isGradient = name.hasPrefix("gradient/")
    return truth.compare(
      name, found, expected, scale: isKeyBias && isGradient ? queries?.norm : nil,
      distance: isKeyBias && !isGradient ? rates * Double(found.count).squareRoot() : 0)
  }
}

extension Tensor {
  /// The rows of query, key and value of three that are stored as one.
  fileprivate var thirds: [Tensor] {
    (0..<3).map { slice(at: $0 * count / 3, shape: [shape[0] / 3] + shape.dropFirst()) }
  }
}
