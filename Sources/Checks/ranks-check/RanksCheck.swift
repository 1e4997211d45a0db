import Collectives
import Foundation

/// What the tests launch under mpirun, since a test process cannot be a rank.
@main
enum RanksCheck {
  static func main() {
    StopRequest.catchSignals()
    do {
      let arguments = CommandLine.arguments.dropFirst()
      let binding = Binding(.auto)
      binding.apply()
      let ranks = try Ranks.start(patience: arguments.first == "start" ? 2 : 120)
      switch arguments.first {
      case "start": break
      case "binding": try tellBinding(binding, ranks)
      case "fail": try failTogether(ranks)
      case "throw":
        if ranks.rank == ranks.size - 1 { throw Refusal() }
        try ranks.barrier()
      case "disagree":
        var values = [Double](repeating: 1, count: ranks.rank == 0 ? 10 : 500)
        try ranks.allReduceSum(&values)
        try ranks.barrier()
      case "stop": try waitForStop(ranks, Array(arguments))
      case "hang", "freeze": try loseLast(ranks, Array(arguments))
      default: try CollectivesCheck(ranks).run()
      }
      Ranks.finish()
    } catch {
      Ranks.leave(after: error)
    }
  }

  private struct Refusal: Error, ExitCoded, CustomStringConvertible {
    let exitCode = ExitCode.data
    let description = "shard 3: the checksum differs. Copy it again"
  }

  private struct Stopped: Error, ExitCoded, CustomStringConvertible {
    let exitCode = ExitCode.stopped
    let description: String
  }

  /// Prints one line per rank, from rank 0: processors, threads, and whether cores are shared.
  private static func tellBinding(_ binding: Binding, _ ranks: any Communicator) throws {
    let isApplied = Binding(.keep).processors == binding.processors
    let line = "\(binding.mask) \(binding.threads) \(binding.isOversubscribed) \(isApplied)"
    let lines = try ranks.allGather(Array(line.utf8)).map { String(decoding: $0, as: UTF8.self) }
    if ranks.rank == 0 { print(lines.joined(separator: "\n")) }
  }

  /// All ranks but 0 fail; rank 0 would then call a collective that it must never reach.
  private static func failTogether(_ ranks: any Communicator) throws {
    try together(ranks) {}
    try together(ranks) { if ranks.rank > 0 { throw Refusal() } }
    try ranks.barrier()
    print("rank \(ranks.rank) went on")
  }

  /// Makes steps until a signal or a file `stop` in the given folder ends them on all ranks at
  /// once.
  private static func waitForStop(_ ranks: any Communicator, _ arguments: [String]) throws {
    let folder = ranks.rank == 0 ? arguments.dropFirst().first : nil
    let stop = StopRequest(folder: folder.map { URL(fileURLWithPath: $0) }, timeLimit: nil)
    if let folder { try Data().write(to: URL(fileURLWithPath: folder + "/ready")) }
    for _ in 0..<3000 {
      var requested = [stop.isRequested ? 1.0 : 0.0]
      try ranks.allReduceMax(&requested)
      if requested[0] > 0 {
        let reason = stop.reason.map { "\($0)" } ?? "another rank"
        if ranks.rank == 0 { stop.obeyed() }
        try together(ranks) { throw Stopped(description: "stopped by \(reason)") }
      }
      usleep(10_000)
    }
  }

  /// The last rank hangs in its step, or its process is frozen; the others wait for it.
  private static func loseLast(_ ranks: any Communicator, _ arguments: [String]) throws {
    let folder = URL(fileURLWithPath: arguments[1])
    let deadline = try Deadline(
      folder: folder, rank: ranks.rank, size: ranks.size, seconds: 6
    ) { lost in
      try? Data("\(lost)".utf8).write(to: folder.appendingPathComponent("status.json"))
    }
    for step in 1...3 {
      deadline.beat(step: step, phase: .data)
      if step == 3, ranks.rank == ranks.size - 1 {
        if arguments[0] == "freeze" { kill(getpid(), SIGSTOP) }
        sleep(600)
      }
      deadline.beat(step: step, phase: .communicate)
      try ranks.barrier()
    }
    deadline.finish()
  }
}
