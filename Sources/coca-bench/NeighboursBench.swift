import ArgumentParser
import Foundation
import Tensors

/// Steps beside another process that keeps one core busy.
struct NeighboursBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbours",
    abstract: "Steps with one thread and with all, alone and beside a busy process.",
    discussion: """
      The loop is a process that does nothing but compute. `of the better` is the time of all \
      threads over that of one thread or of all, whichever is shorter, beside the loop.
      """)

  @Option(help: "Threads of the team.") var threads = 2
  @Option(help: "A preset.") var model = "tiny"
  @Option(parsing: .upToNextOption, help: "Pairs of a step.") var pairs = [2, 8, 32]
  @Option(help: "Tokens of a caption.") var tokens = 12
  @Option(help: "Steps of each kind in a round.") var steps = 20
  @Option(help: "Rounds.") var rounds = 5

  func run() throws {
    print("\(Processor.current.name); medians of \(rounds) rounds, ms a step")
    print(
      "pairs  1 thread  \(threads) threads  1 beside a loop  \(threads) beside it  of the better")
    for pairs in pairs {
      let trial = try Trial(preset: model, pairs: pairs, tokens: tokens)
      var seconds: [[Double]] = []
      for _ in 0..<rounds {
        let alone = try [1, threads].map { try time(trial, threads: $0) }
        let beside = try besideLoop { try [1, threads].map { try time(trial, threads: $0) } }
        seconds.append(alone + beside)
      }
      let typical = (0..<4).map { kind in median(seconds.map { $0[kind] }) }
      let better = median(seconds.map { $0[3] / min($0[2], $0[3]) })
      print(
        pad("\(pairs)", 5), pad(fixed(1e3 * typical[0], 2), 9), pad(fixed(1e3 * typical[1], 2), 10),
        pad(fixed(1e3 * typical[2], 2), 16), pad(fixed(1e3 * typical[3], 2), 12),
        pad(fixed(better, 2), 14))
    }
  }

  /// Seconds of a step.
  private func time(_ trial: Trial, threads: Int) throws -> Double {
    try Threads.start(threads)
    return try bestSeconds(1) { for _ in 0..<steps { _ = try trial.step() } } / Double(steps)
  }

  private func besideLoop<Result>(_ body: () throws -> Result) throws -> Result {
    let loop = Process()
    loop.executableURL = URL(fileURLWithPath: "/bin/sh")
    loop.arguments = ["-c", "while :; do :; done"]
    try loop.run()
    defer {
      loop.terminate()
      loop.waitUntilExit()
    }
    return try body()
  }
}
