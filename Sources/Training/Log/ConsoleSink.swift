import Foundation

/// Prints the run's progress to the terminal, in lines for people or in JSON.
final class ConsoleSink: Sink {
  private let console: Console
  private let steps: Int
  private let batch: Int
  /// Steps between lines.
  private let every: Int
  private var rate = MovingRate()
  private var balance = ImbalanceWatch()

  init(_ run: LoggedRun) {
    console = run.console
    steps = run.plan.steps
    batch = run.plan.configuration.batch
    every = run.plan.configuration.log.every
  }

  func step(_ record: StepRecord) throws {
    let metrics = record.metrics
    rate.add(pairs: metrics.pairs, seconds: metrics.seconds["total"] ?? 0)
    let isUneven = balance.add(rank: metrics.slowest.rank, imbalance: metrics.imbalance)
    guard metrics.step % every == 0 || metrics.step == steps else { return }
    try console.say(line(record, namesSlowest: isUneven), json: record)
  }

  func validation(_ record: ScoreRecord) throws {
    try console.say("validation \(record.name): \(record.scores.summary)", json: record)
  }

  func captions(_ record: CaptionsRecord) throws {
    let first = record.lines.first?.caption ?? ""
    try console.say(
      "validation \(record.name): \(record.lines.count) captions, first: \(first)",
      json: record.lines)
  }

  func tell(_ note: Note) {
    switch note {
    case .note(let text): console.note(text)
    case .warning(let text): console.warn(text)
    }
  }

  private func line(_ record: StepRecord, namesSlowest: Bool) -> String {
    let metrics = record.metrics, slowest = metrics.slowest
    let left = Double(steps - metrics.step) * Double(batch)
    let all = steps.grouped, step = metrics.step.grouped
    let indent = String(repeating: " ", count: max(0, all.count - step.count))
    let losses = record.losses.map { "  \($0.name) \(Self.loss($0.value))" }.joined()
    let imbalance =
      namesSlowest
      ? "  rank \(slowest.rank) on \(slowest.host) takes \(metrics.imbalance.fixed(2)) × the mean"
      : ""
    return "step \(indent)\(step)/\(all)"
      + "  loss \(Self.loss(metrics.loss.value ?? .nan))" + losses
      + "  lr \(String(format: "%.2e", metrics.lr))"
      + "  \(metrics.pairs_per_second.fixed(0)) pairs/s  \(metrics.gflops.fixed(1)) GFLOP/s"
      + (rate.value > 0 ? "  \((left / rate.value).asDuration) left" : "")
      + imbalance
  }
}

extension ConsoleSink {
  fileprivate static func loss(_ value: Double) -> String {
    value.isFinite ? value.fixed(4) : "not finite"
  }
}

/// Pairs per second over about the last twenty steps.
private struct MovingRate {
  private var pairs = 0.0
  private var seconds = 0.0
  var value: Double { seconds > 0 ? pairs / seconds : 0 }

  mutating func add(pairs newPairs: Int, seconds newSeconds: Double) {
    pairs = 0.95 * pairs + Double(newPairs)
    seconds = 0.95 * seconds + newSeconds
  }
}
