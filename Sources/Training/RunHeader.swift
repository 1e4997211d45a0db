import CoCaModel
import Collectives
import Foundation
import Pipeline
import Tensors

/// What a run is, said before its first step and kept in `header.json`.
struct RunHeader: Encodable {
  struct Rank: Codable {
    let host: String
    let processors: String
    let threads: Int
  }
  struct Memory: Encodable {
    let weights_and_gradients: Int
    let optimizer: Int
    let activations: Int
    let frames: Int
    var total: Int { weights_and_gradients + optimizer + activations + frames }

    private enum CodingKeys: CodingKey {
      case weights_and_gradients, optimizer, activations, frames, total
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(weights_and_gradients, forKey: .weights_and_gradients)
      try container.encode(optimizer, forKey: .optimizer)
      try container.encode(activations, forKey: .activations)
      try container.encode(frames, forKey: .frames)
      try container.encode(total, forKey: .total)
    }
  }

  let version: String
  let model: ModelConfiguration
  let parameters: Int
  let tensors: Int
  let ranks: [Rank]
  let oversubscribed: Bool
  let kernels: String
  let blas: String
  let data: [SourceSummary]
  let batch: Int
  let lanes: Int
  let steps: Int
  /// Forward and backward of a pair whose caption fills a quarter of the context.
  let flops_per_pair: Double
  let estimated_memory_bytes: Memory
  let resumed_from: String?

  init(
    _ plan: RunPlan, _ model: CoCa, ranks: [Rank], oversubscribed: Bool, resumedFrom: String?
  ) {
    version = trainerVersion
    self.model = model.configuration
    parameters = model.parameters.count
    tensors = model.parameters.parameters.count
    self.ranks = ranks
    self.oversubscribed = oversubscribed
    kernels = Tensors.kernels.level
    blas = "OpenBLAS \(GEMM.core)"
    data = SourceSummary.all(
      names: plan.sources.map(\.name), shards: plan.sources.map(\.shards), plan: plan.batches,
      steps: plan.steps, ranks: ranks.count)
    batch = plan.configuration.batch
    lanes = plan.configuration.lanes
    steps = plan.steps
    let cost = Cost(model.configuration, vocabularySize: model.vocabularySize)
    let tokens = max(3, model.configuration.text.context / 4)
    flops_per_pair = 3 * (cost.image + cost.caption(tokens: tokens))
    let share = (plan.configuration.batch + ranks.count - 1) / ranks.count
    let pairs = min(plan.configuration.microbatch ?? share, share)
    estimated_memory_bytes = Memory(
      weights_and_gradients: 8 * parameters,
      optimizer: plan.configuration.optimizer.name == .adamw ? 8 * parameters : 4 * parameters,
      activations: pairs * model.configuration.activationBytes(tokens: tokens), frames: 256 << 20)
    resumed_from = resumedFrom
  }

  /// As rank 0 prints it.
  var text: String {
    var lines = ["coca-train \(version): CoCa with \(Double(parameters).scaled) parameters"]
    let image = model.image, text = model.text
    lines.append(
      "  image     \(image.size) px in patches of \(image.patch), \(image.layers) layers of width "
        + "\(image.width), \(image.queries) queries (\(model.poolers.rawValue))")
    lines.append(
      "  text      \(text.layers) + \(model.multimodal.layers) layers of width \(text.width), "
        + "\((text.vocabulary ?? 0).grouped) tokens, context \(text.context)")
    let threads = Set(ranks.map(\.threads)).sorted().map(String.init).joined(separator: "-")
    let hosts = Set(ranks.map(\.host)).count
    lines.append(
      "  compute   \(ranks.count.of("rank")) × \(threads) threads on \(hosts.of("host"))"
        + "\(oversubscribed ? " (oversubscribed)" : ""), \(kernels) kernels, \(blas)")
    lines.append(
      "  step      \(batch.grouped) pairs over \(lanes) lanes, \(steps.grouped) steps, about "
        + "\(flops_per_pair.scaled)FLOP a pair")
    lines.append(
      "  memory    about \(Double(estimated_memory_bytes.total).scaled)B a rank (weights and "
        + "gradients \(Double(estimated_memory_bytes.weights_and_gradients).scaled)B)")
    for source in data {
      lines.append(
        "  data      \(source.name): \(source.samples.grouped) samples, "
          + "\(source.pairsPerBatch.fixed(1)) a step, \(source.epochsAtEnd.fixed(1)) epochs")
    }
    if let resumed_from { lines.append("  resumed   from \(resumed_from)") }
    return lines.joined(separator: "\n")
  }
}

extension ModelConfiguration {
  /// What a pair's forward pass keeps for its backward pass, roughly.
  func activationBytes(tokens: Int) -> Int {
    func layers(_ count: Int, rows: Int, width: Int, mlp: Int) -> Int {
      count * rows * (9 * width + 2 * mlp)
    }
    let queries = poolers == .none ? 0 : image.queries
    let encoder = layers(image.layers, rows: image.patches, width: image.width, mlp: image.mlp)
    let poolers = (image.patches * 3 + queries * 7) * image.width
    let unimodal = layers(text.layers, rows: tokens + 1, width: text.width, mlp: text.mlp)
    let seen = poolers == 0 ? image.patches : queries
    let multimodal =
      layers(multimodal.layers, rows: tokens, width: text.width, mlp: multimodal.mlp)
      + multimodal.layers * (tokens * 5 * text.width + seen * (2 * text.width + image.width))
    return 4 * (encoder + poolers + unimodal + multimodal + 2 * 3 * image.size * image.size)
  }
}
