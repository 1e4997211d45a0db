import Evaluation

/// The run's files of JSON lines: `metrics.jsonl`, `validation.jsonl`, `captions.jsonl` and
/// `samples.jsonl`. The last three are made when they get their first line.
final class JSONLines: Sink {
  private let metricsLog: LineLog
  private let scoresLog: LineLog?
  private let captionsLog: LineLog?
  private let samplesLog: LineLog?

  init(_ run: LoggedRun) throws {
    func open(_ name: String) throws -> LineLog {
      try LineLog(run.folder.url.appendingPathComponent(name), upTo: run.step)
    }
    let sets = run.plan.validation
    metricsLog = try open("metrics.jsonl")
    scoresLog = sets.contains { !$0.givesCaptions } ? try open("validation.jsonl") : nil
    captionsLog = sets.contains { $0.givesCaptions } ? try open("captions.jsonl") : nil
    samplesLog = run.plan.configuration.log.keys ? try open("samples.jsonl") : nil
  }

  func step(_ record: StepRecord) throws {
    if let keys = record.keys {
      try samplesLog?.append(SamplesLine(step: record.metrics.step, keys: keys))
    }
    try metricsLog.append(record)
  }

  func validation(_ record: ScoreRecord) throws { try scoresLog?.append(record) }

  func captions(_ record: CaptionsRecord) throws {
    try captionsLog?.append(
      record.lines.map { CaptionsLine(step: record.step, name: record.name, line: $0) })
  }

  func close() throws {
    for log in [metricsLog, scoresLog, captionsLog, samplesLog] { try log?.close() }
  }
}

/// A line of `samples.jsonl`.
private struct SamplesLine: Encodable {
  let step: Int
  let keys: [String: [String]]
}

/// A line of `captions.jsonl`.
private struct CaptionsLine: Encodable {
  let step: Int
  let name: String
  let line: CaptionLine

  func encode(to encoder: any Encoder) throws {
    try line.encode(to: encoder)
    var container = encoder.container(keyedBy: NamedKey.self)
    try container.encode(step, forKey: "step")
    try container.encode(name, forKey: "name")
  }
}
