import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Records
import Tensors

@main
struct CocaEval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca-eval",
    abstract: "Evaluates a trained CoCa on pictures it has not seen.",
    discussion: """
      CHECKPOINT is a step's folder, a run's folder (its newest checkpoint), or a folder of \
      open_clip's with open_clip_config.json, weights and merges.txt. \
      Records are folders made by `coca-shard pack`. \
      Under mpirun all ranks share the work; the results are the same.
      """,
    version: programVersion,
    subcommands: EvaluationTasks.all.map { $0.command } + [
      ScoreCaptions.self, Embed.self, Search.self, Duplicates.self,
    ])

  static func main() {
    FileSizeSignal.ignore()
    let (binding, ranks) = start()
    let command = parse(ranks)
    do {
      try command.run(binding, over: ranks)
      Ranks.finish()
    } catch {
      Failure.leave(after: error, ranks)
    }
  }

  private static func start() -> (Binding, any Communicator) {
    do {
      try GEMM.check()
      let binding = Binding(.auto)
      binding.apply()
      return (binding, try Ranks.start())
    } catch {
      Ranks.leave(after: error)
    }
  }

  /// Help and usage errors are the same on all ranks; rank 0 prints them.
  private static func parse(_ ranks: any Communicator) -> any RankedCommand {
    do {
      var command = try parseAsRoot()
      if let command = command as? any RankedCommand { return command }
      // The root command and `help` end by throwing the text to print.
      try command.run()
      throw CleanExit.helpRequest()
    } catch {
      let code = exitCode(for: error).rawValue
      if ranks.rank == 0 {
        let file = code == 0 ? FileHandle.standardOutput : FileHandle.standardError
        try? file.write(contentsOf: Data((fullMessage(for: error) + "\n").utf8))
      }
      Ranks.finish()
      Foundation.exit(code)
    }
  }
}

/// A subcommand.
protocol RankedCommand: ParsableCommand {
  /// Does all of it. Collective.
  func run(_ binding: Binding, over ranks: any Communicator) throws
}

/// A subcommand that runs the evaluator and returns what to print.
protocol EvaluationCommand: RankedCommand {
  var shared: SharedOptions { get }
  static var needs: Set<ModelPart> { get }
  /// Names what needs the model's parts, for errors.
  static var user: String { get }

  /// Evaluates. Collective.
  /// - Returns: what rank 0 prints on standard output.
  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String
}

extension EvaluationCommand {
  func run(_ binding: Binding, over ranks: any Communicator) throws {
    try startThreads(shared.threads, binding, over: ranks)
    let evaluator = try openEvaluator(
      shared.checkpoint, needs: Self.needs, user: Self.user, over: ranks)
    let text = try answer(evaluator, over: ranks)
    try together(ranks) {
      if ranks.rank == 0 { try Output.print(text) }
    }
  }
}

/// Starts this rank's threads. Collective.
func startThreads(_ threads: Int?, _ binding: Binding, over ranks: any Communicator) throws {
  try together(ranks) {
    try OpenBLAS.check()
    let binding = binding.with(threads: threads)
    try Threads.start(binding.threads, oversubscribed: binding.isOversubscribed)
  }
  OutOfMemory.handle { failure in
    Ranks.leave(
      after: Failure("\(failure). Use fewer ranks on a machine", exitCode: ExitCode.usage))
  }
}

/// Opens a model that has all that `user` needs. Collective.
func openEvaluator(
  _ checkpoint: String, needs: Set<ModelPart>, user: String, over ranks: any Communicator
) throws -> Evaluator {
  let saved = try SavedModel.open(URL(fileURLWithPath: checkpoint), over: ranks) {
    Failure.tell("left out \($0.folder): \($0.error)")
  }
  try together(ranks) { try needs.check(saved.parts, of: checkpoint, for: user) }
  let notices = Notices(rank: ranks.rank)
  return Evaluator(saved: saved, over: ranks) { notices.tell($0) }
}
