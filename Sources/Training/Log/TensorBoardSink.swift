import Collectives
import Foundation
import TensorBoard

/// The run as TensorBoard shows it: an event file for every call of the run. Tags are open_clip's
/// where it has them; the x-axis of validation is the training step, not the epoch.
final class TensorBoardSink: Sink {
  private let file: EventFile
  private var hasShownPictures: Set<String> = []

  init?(_ run: LoggedRun) throws {
    guard run.plan.configuration.log.tensorboard else { return nil }
    let folder = run.folder.url, next = run.step + 1
    file = try OutputError.telling(of: folder) {
      try EventFile(in: folder, from: next, host: Ranks.host, writer: "coca-train")
    }
    try append(
      [SummaryValue("run", .text(Markdown.code(run.plan.configuration.yaml())))], step: next)
  }

  func step(_ record: StepRecord) throws {
    let scalars = record.scalars.compactMap { name, value in
      value.map { SummaryValue("train/\(name)", .scalar(Float($0))) }
    }
    try append(scalars + record.histograms, step: record.metrics.step)
  }

  func validation(_ record: ScoreRecord) throws {
    try append(
      record.scores.figures.map {
        SummaryValue("val/\(record.name)/\($0.name)", .scalar(Float($0.value)))
      }, step: record.step)
  }

  func captions(_ record: CaptionsRecord) throws {
    var values = [SummaryValue("val/\(record.name)/captions", .text(record.table))]
    if hasShownPictures.insert(record.name).inserted { values += record.pictures }
    try append(values, step: record.step)
  }

  func close() throws { try OutputError.telling(of: file.url) { try file.close() } }

  private func append(_ values: [SummaryValue], step: Int) throws {
    try OutputError.telling(of: file.url) { try file.append(values, step: step) }
  }
}

extension StepRecord {
  /// The scalars below `train/`; nil where the objective lacks one.
  fileprivate var scalars: [(name: String, value: Double?)] {
    let total = metrics.seconds["total"] ?? 0, checkpoint = metrics.seconds["checkpoint"] ?? 0
    return [("loss", metrics.loss.value)] + losses.map { ("\($0.name)_loss", $0.value) } + [
      ("lr", metrics.lr),
      ("scale", metrics.logit_scale.value),
      ("logit_scale", metrics.logit_scale.value),
      ("logit_bias", metrics.logit_bias.value),
      ("grad_norm", metrics.grad_norm.value),
      ("samples_per_second", metrics.pairs_per_second),
      ("tokens_per_second", metrics.tokens_per_second),
      ("gflops", metrics.gflops),
      ("data_time", metrics.seconds["data"] ?? 0),
      ("batch_time", total - checkpoint),
      ("image_to_text_accuracy", metrics.accuracy.image_to_text.value),
      ("text_to_image_accuracy", metrics.accuracy.text_to_image.value),
      ("imbalance", metrics.imbalance),
      ("resident_bytes", Double(metrics.resident_bytes)),
    ]
  }

  /// For every layer, the histogram of the norms of its parameters' gradients.
  fileprivate var histograms: [SummaryValue] {
    Dictionary(grouping: gradientNorms ?? []) { Self.layer(of: $0.parameter) }
      .sorted { $0.key < $1.key }
      .compactMap { layer, parameters in
        Histogram(parameters.map(\.norm)).map {
          SummaryValue("gradients/\(layer)", .histogram($0))
        }
      }
  }

  /// "imageEncoder.layers.0" for "imageEncoder.layers.0.attention.query.weight"; for a parameter
  /// outside the layers, its part of the model.
  private static func layer(of parameter: String) -> String {
    let parts = parameter.split(separator: ".")
    let number = parts.firstIndex { Int($0) != nil }
    return parts.prefix((number ?? 0) + 1).joined(separator: ".")
  }
}
