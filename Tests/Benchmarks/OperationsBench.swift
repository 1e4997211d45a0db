import ArgumentParser
import Tensors

/// The operations of a step by name: where its time goes and how much of it is not products.
struct OperationsBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operations",
    abstract: "A step's operations: time, its share, and what is not products.",
    discussion: "Each operation counts with the shortest of its times over the steps.")

  @OptionGroup var machine: Machine
  @OptionGroup var work: TrialWork
  @Option(help: "Steps.") var steps = 4

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
    /// Of its products, on each of the threads.
    var products = 0.0
    var operations = 0.0
    var bytes = 0.0

    /// By name; the runs are of the same events in the same order.
    static func sums(_ runs: [[Profile.Event]]) -> [Row] {
      var rows: [String: Row] = [:]
      for (index, event) in runs[0].enumerated() {
        let best = runs.map { $0[index] }.min { $0.end - $0.start < $1.end - $1.start } ?? event
        let row = Row(
          name: event.name, times: 1, seconds: Double(best.end - best.start) / 1e9,
          products: Double(best.productTime) / 1e9 / Double(Threads.count),
          operations: Double(best.operations), bytes: Double(best.bytes))
        rows[event.name] = rows[event.name]?.adding(row) ?? row
      }
      return Array(rows.values)
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
