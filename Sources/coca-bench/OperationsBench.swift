import ArgumentParser
import Tensors

/// The operations of a step by name: where its time goes, and how much of it is not in products.
struct OperationsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operations",
    abstract: "A step's operations: time, share, and the time outside of products.",
    discussion: "For each operation, the shortest of its times over the steps counts.")

  @OptionGroup var machine: MachineOptions
  @OptionGroup var work: TrialWork
  @Option(help: "Steps.") var steps = 4

  func validate() throws {
    guard steps > 0 else { throw ValidationError("--steps: \(steps) is below 1.") }
  }

  func run() throws {
    try machine.start()
    let trial = try work.trial()
    _ = try trial.step()
    let runs = try (0..<steps).map { _ in
      Profile.start()
      _ = try trial.step()
      return Profile.stop().filter { $0.thread == 0 && !$0.isPhase }
    }
    let rows = Row.sums(runs)
    let all = rows.reduce(Row(name: "all")) { $0.adding($1) }
    print("operation                           times  seconds  share  in products  "
      + "lost  GFLOP/s   GB/s")
    for row in rows.sorted(by: { $0.seconds > $1.seconds }) + [all] {
      print(row.text(of: all.seconds))
    }
  }

  private struct Row {
    let name: String
    var times = 0
    var seconds = 0.0
    /// Seconds of its products, on each of the threads.
    var products = 0.0
    var operations = 0.0
    var bytes = 0.0

    /// By name; the runs are of the same events in the same order.
    static func sums(_ runs: [[Profile.Event]]) -> [Row] {
      var rows: [String: Row] = [:]
      let times = runs.map(ownTimes)
      for index in runs[0].indices {
        let (run, seconds) = times.map { $0[index] }.enumerated().min { $0.1 < $1.1 } ?? (0, 0)
        let best = runs[run][index]
        let row = Row(
          name: best.name, times: 1, seconds: seconds,
          products: Double(best.productTime) / 1e9 / Double(Threads.count),
          operations: Double(best.operations), bytes: Double(best.bytes))
        rows[best.name] = rows[best.name]?.adding(row) ?? row
      }
      return Array(rows.values)
    }

    /// Seconds without those of inner events; `events` are in the order of their ends.
    private static func ownTimes(_ events: [Profile.Event]) -> [Double] {
      var outermost: [Profile.Event] = []
      return events.map { event in
        var time = event.end - event.start
        while let last = outermost.last, last.start >= event.start {
          time -= last.end - last.start
          outermost.removeLast()
        }
        outermost.append(event)
        return Double(time) / 1e9
      }
    }

    func adding(_ other: Row) -> Row {
      Row(
        name: name, times: times + other.times, seconds: seconds + other.seconds,
        products: products + other.products, operations: operations + other.operations,
        bytes: bytes + other.bytes)
    }

    func text(of total: Double) -> String {
      [
        name.padding(toLength: 34, withPad: " ", startingAt: 0), pad("\(times)", 6),
        pad(fixed(seconds, 4), 8), pad(percent(seconds / total), 6),
        pad(percent(products / seconds), 12), pad(percent((seconds - products) / total), 5),
        pad(fixed(operations / seconds / 1e9, 1), 8), pad(fixed(bytes / seconds / 1e9, 1), 6),
      ].joined(separator: " ")
    }
  }
}
