import CoCaModel
import Collectives
import Foundation
import Pipeline
import Records
import Tensors

/// What a run is: printed before its first step and kept in `header.json`.
struct RunHeader: Encodable {
  struct Rank: Codable {
    let host: String
    let processors: String
    let threads: Int
    let speed: ProductSpeed
  }

  let version: String
  let model: ModelConfiguration
  let parameters: Int
  let tensors: Int
  /// Parameters that are not trained.
  let frozen: Int
  let ranks: [Rank]
  let oversubscribed: Bool
  let kernels: String
  let blas: String
  let precision: String
  let data: [SourceSummary]
  let batch: Int
  let lanes: Int
  let steps: Int
  /// Operations of the forward and backward pass of a pair whose caption fills a quarter of the
  /// context.
  let flops_per_pair: Double
  let estimated_memory_bytes: Memory
  let start: Start
  let resumed_from: String?

  /// - Parameter texts: the lengths of each source's texts; nil where they are not known.
  init(
    _ plan: RunPlan, _ model: CoCa, _ start: StartingPoint, texts: [TextLengths?], ranks: [Rank],
    oversubscribed: Bool
  ) {
    version = programVersion
    self.model = model.configuration
    parameters = model.parameters.count
    tensors = model.parameters.parameters.count
    frozen = parameters - model.parameters.trained.reduce(0) { $0 + $1.count }
    self.ranks = ranks
    self.oversubscribed = oversubscribed
    kernels = Tensors.kernels.level
    blas = GEMM.maker
    precision = plan.configuration.precision.rawValue
    data = SourceSummary.all(
      names: plan.sources.map(\.name), shards: plan.sources.map(\.shards), texts: texts,
      plan: plan.batches, steps: plan.steps, ranks: ranks.count)
    batch = plan.configuration.batch
    lanes = plan.configuration.lanes
    steps = plan.steps
    let cost = Cost(
      model.configuration, vocabularySize: model.vocabularySize, frozen: plan.frozen)
    let quarter = max(3, model.configuration.text.context / 4)
    flops_per_pair = cost.pair(tokens: quarter)
    estimated_memory_bytes = Memory(
      plan, model, ranks: ranks.count, tokens: texts.map { $0?.mean ?? Double(quarter) })
    self.start = Start(start, plan)
    resumed_from = start.checkpoint?.folder.path
  }

  /// As rank 0 prints it.
  var text: String {
    let part = frozen > 0 ? ", \(Double(frozen).counted) of them frozen" : ""
    var lines = [
      "coca-train \(version): CoCa with \(Double(parameters).counted) parameters\(part)"
    ]
    let image = model.image
    lines.append(
      "  image     \(image.size) px in patches of \(image.patch), \(image.layers) layers of width "
        + "\(image.width), \(image.queries) queries (\(model.poolers.rawValue))")
    lines.append(model.classes.map(line) ?? textLine)
    let threads = Set(ranks.map(\.threads)).sorted().map(String.init).joined(separator: "-")
    let hosts = Set(ranks.map(\.host)).count
    lines.append(
      "  compute   \(ranks.count.of("rank")) × \(threads) threads on \(hosts.of("host"))"
        + "\(oversubscribed ? " (oversubscribed)" : ""), \(kernels) kernels, \(blas), \(precision)")
    lines.append("  products  \(speeds.text)")
    lines.append(
      "  step      \(batch.of("pair")) over \(lanes.of("lane")), \(steps.of("step")), about "
        + "\(flops_per_pair.scaled)FLOP a pair")
    lines.append(
      "  memory    about \(estimated_memory_bytes.total.scaled)B a rank (weights and "
        + "gradients \(estimated_memory_bytes.weights_and_gradients.scaled)B)")
    lines += table
    lines += start.lines
    return lines.joined(separator: "\n")
  }
}

extension RunHeader {
  var speeds: RankSpeeds { RankSpeeds(hosts: ranks.map(\.host), speeds: ranks.map(\.speed)) }

  private var textLine: String {
    let text = model.text
    return "  text      \(text.layers) + \(model.multimodal.layers) layers of width "
      + "\(text.width), \((text.vocabulary ?? 0).grouped) tokens, context \(text.context)"
  }

  private func line(_ classes: ImageClasses) -> String {
    "  classes   \(classes.count.grouped), \(classes.loss.rawValue), by "
      + (classes.labels == .cls ? "KEY.cls" : "labels")
  }

  /// A line of titles and a line for each source.
  private var table: [String] {
    let titles = ["samples", "share", "a step", "tokens a text", "cut", "epochs", "tokens in all"]
    let rows = data.map { source in
      [
        source.samples.grouped, "\((100 * source.weight).fixed(1))%",
        source.pairsPerBatch.fixed(1), source.tokensPerText.map { $0.fixed(1) } ?? "?",
        source.textsCut.map { "\((100 * $0).fixed(0))%" } ?? "?",
        source.epochsAtEnd.fixed(1), source.tokensAtEnd?.scaled ?? "?",
      ]
    }
    let widths = titles.indices.map { column in
      ([titles] + rows).reduce(0) { max($0, $1[column].count) }
    }
    func line(_ cells: [String]) -> String {
      zip(cells, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
        .joined(separator: "  ")
    }
    return ["  data      " + line(titles)]
      + zip(rows, data).map { "            \(line($0))  \($1.name)" }
  }
}
