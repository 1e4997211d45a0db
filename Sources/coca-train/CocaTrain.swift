import ArgumentParser
import Collectives
import Foundation
import Records
import Tensors
import Training

@main
struct CocaTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca-train",
    abstract: "Pretrains CoCa on record files, on one process or on all that mpirun starts.",
    discussion: """
      Write a run file, say run.yaml:

        model: tiny
        tokenizer: tokenizer.model
        data:
          - {records: data/pairs}
        batch: 128
        steps: 1000

      and start it on four ranks; --dry-run shows sizes, data and memory before that:

        coca-train run.yaml --dry-run
        mpirun -n 4 coca-train run.yaml

      Before the first run on a cluster, with the same options of mpirun:

        mpirun -n 4 coca-train --self-test

      The same command continues a run that was stopped. To stop with a checkpoint, send SIGUSR1 \
      to mpirun, make a file `stop` in the output folder, or give --time-limit.
      """,
    version: programVersion)

  @Argument(
    help: "The run file (see --keys and docs/configuration.md); with --keys, a key.",
    completion: .file())
  var runFile: String?

  @Option(
    name: .customLong("set"), help: "Change a key: --set optimizer.lr=1e-4. May be repeated.")
  var overrides: [String] = []

  @Option(help: "Output folder (default: runs/ and the run file's name).")
  var output: String?

  @Option(help: "auto: continue from the newest checkpoint; never; or a checkpoint's path.")
  var resume = "auto"

  @Option(help: "Compute threads per rank (default: the node's cores over its ranks).")
  var threads: Int?

  @Option(help: "auto: bind each rank to its share of the node's cores; keep: as launched.")
  var binding = Binding.Mode.auto

  @Option(help: "Stop with a checkpoint after HH:MM:SS.")
  var timeLimit: String?

  @Option(
    help: "Write a trace of steps 3 to 5 of this call to this file, for ui.perfetto.dev.",
    completion: .file())
  var profile: String?

  @Flag(help: "Show the header with estimated memory, then end.")
  var dryRun = false

  @Flag(help: "Do not train: check products, sums and the links between hosts.")
  var selfTest = false

  @Flag(help: "Do not train: show all keys of a run file; --keys optimizer.lr shows one in full.")
  var keys = false

  @Option(
    help: ArgumentHelp(
      "With --keys: write again the tables of keys in a Markdown file.", visibility: .hidden),
    completion: .file())
  var markdown: String?

  @Flag(help: "Print JSON: the header and a line per step, or what --self-test or --version finds.")
  var json = false

  func validate() throws {
    if keys { return }
    guard selfTest == (runFile == nil) else {
      throw ValidationError(
        selfTest ? "--self-test takes no run file." : "Missing expected argument '<run-file>'")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads: \(threads) is not between 1 and 1024.")
    }
    let paths: [(String, String?)] = [
      ("--output", output), ("--resume", resume), ("--profile", profile),
    ]
    for (option, path) in paths where path == "" {
      throw ValidationError("\(option) is empty. Name a path.")
    }
    _ = try limit()
  }

  static func main() {
    FileSizeSignal.ignore()
    StopRequest.catchSignals()
    do {
      try GEMM.check()
      if Set(CommandLine.arguments).isSuperset(of: ["--version", "--json"]) {
        try StandardOutput.print(Versions().json())
        return
      }
      let code = try parseOnAllRanks().runAndCode()
      Ranks.finish()
      Foundation.exit(code)
    } catch {
      Ranks.leave(after: error)
    }
  }

  private func runAndCode() throws -> Int32 {
    if keys {
      try showKeys()
      return ExitCode.done
    }
    guard let options = try options() else {
      try SelfTest.run(threads: threads, binding: binding, printsJSON: json)
      return ExitCode.done
    }
    return try TrainCommand.run(options)
  }

  /// Help and usage errors are the same on all ranks; rank 0 prints them.
  private static func parseOnAllRanks() -> Self {
    do {
      return try parse()
    } catch {
      let ranks = try? Ranks.start()
      let code = exitCode(for: error).rawValue
      if ranks?.rank ?? 0 == 0 {
        do {
          try tell(fullMessage(for: error), isError: code != 0)
        } catch {
          Ranks.leave(after: error)
        }
      }
      Ranks.finish()
      Foundation.exit(code)
    }
  }

  private static func tell(_ message: String, isError: Bool) throws {
    guard isError else { return try StandardOutput.print(message) }
    try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8))
  }

  private func showKeys() throws {
    if let markdown {
      try KeysCommand.remakeTables(in: URL(fileURLWithPath: markdown))
    } else {
      try StandardOutput.print(KeysCommand.text(of: runFile))
    }
  }

  /// Nil: there is no run.
  private func options() throws -> TrainOptions? {
    guard let runFile else { return nil }
    var options = TrainOptions(runFile: URL(fileURLWithPath: runFile))
    options.overrides = overrides
    options.output = output.map { URL(fileURLWithPath: $0, isDirectory: true) }
    options.resume =
      switch resume {
      case "auto": .auto
      case "never": .never
      default: .path(URL(fileURLWithPath: resume))
      }
    options.threads = threads
    options.binding = binding
    options.timeLimit = try limit()
    options.profile = profile.map { URL(fileURLWithPath: $0) }
    options.isDryRun = dryRun
    options.printsJSON = json
    return options
  }

  private func limit() throws -> Duration? {
    guard let timeLimit else { return nil }
    let parts = timeLimit.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2],
      (0...8784).contains(hours), (0..<60).contains(minutes), (0..<60).contains(seconds)
    else { throw ValidationError("--time-limit: \(timeLimit) is not HH:MM:SS.") }
    return .seconds(hours * 3600 + minutes * 60 + seconds)
  }
}

extension Binding.Mode: ExpressibleByArgument {}
