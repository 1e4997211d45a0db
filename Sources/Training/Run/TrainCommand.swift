import Checkpoints
import CoCaModel
import Collectives
import Evaluation
import Foundation
import Optimizers
import Tensors

/// A run of `coca-train` on one rank, from the run file to the exit code.
public enum TrainCommand {
  /// MPI's start may take so many seconds even with a shorter deadline.
  private static let shortestStart = 30.0

  /// - Returns: `ExitCode.done` or `ExitCode.stopped`.
  /// - Throws: what ended the run; `Ranks.leave(after:)` turns it into a message and an exit code.
  public static func run(_ options: TrainOptions) throws -> Int32 {
    let binding = Binding(options.binding).with(threads: options.threads)
    binding.apply()
    let configuration = Result {
      try RunConfiguration(file: options.runFile, overrides: options.overrides)
    }
    // A run file that is wrong is told once MPI runs, by one rank for all.
    let deadline = (try? configuration.get())?.deadline ?? RunConfiguration().deadline
    let ranks = try Ranks.start(patience: max(deadline, shortestStart))
    let console = Console(isSpeaking: ranks.rank == 0, printsJSON: options.printsJSON)
    let folder = RunFolder(options.folder), rank = ranks.rank
    OutOfMemory.handle { failure in
      let error = ModelError.memory("\(failure)")
      note(error, in: folder, rank: rank)
      Ranks.leave(after: error)
    }
    do {
      return try train(options, configuration, binding, over: ranks, folder, console)
    } catch {
      if !options.isDryRun { note(error, in: folder, rank: rank) }
      folder.leave()
      throw error
    }
  }

  /// Notes the error in `status.json`: rank 0 where all ranks know of it, else the rank that
  /// failed.
  private static func note(_ error: any Error, in folder: RunFolder, rank: Int) {
    let shared = error as? RankError
    guard rank == 0 || shared == nil else { return }
    folder.fail(
      code: ExitCode.of(error), reason: "\(error)", host: shared?.host ?? Ranks.host,
      rank: shared?.rank ?? rank)
  }

  private static func train(
    _ options: TrainOptions, _ configuration: Result<RunConfiguration, any Error>,
    _ binding: Binding, over ranks: any Communicator, _ folder: RunFolder, _ console: Console
  ) throws -> Int32 {
    let stop = StopRequest(folder: folder.url, timeLimit: options.timeLimit)
    let profile = try options.profile.map { try StepProfile($0, over: ranks) }
    let run = try PreparedRun(options, configuration, binding, over: ranks, folder, console)
    let plan = run.plan, header = run.header
    try together(ranks) { try console.say(header.text, json: header) }
    if options.isDryRun {
      // The folder may hold a run of another machine.
      if let error = header.lackOfMemory { console.warn("\(error)") }
      return ExitCode.done
    }
    if run.found.step >= plan.steps, try isDone(folder, over: ranks) {
      try together(ranks) { try run.start.checkSameRun() }
      console.note("the run has all its \(plan.steps.of("step")): nothing is left to do")
      return ExitCode.done
    }
    try together(ranks) {
      try run.start.check(plan)
      if let error = header.lackOfMemory { throw error }
      guard ranks.rank == 0 else { return }
      try folder.write(Data(plan.configuration.yaml().utf8), to: "run.yaml")
      try folder.write(JSONEncoder().encode(header), to: "header.json")
    }
    try folder.checkShared(over: ranks)
    try together(ranks) {
      try folder.begin(
        rank: ranks.rank, host: Ranks.host, step: run.found.step,
        checkpoint: run.found.checkpoint?.folder.lastPathComponent)
    }
    let deadline = try together(ranks) { try Deadline(plan, over: ranks, folder) }
    let state = TrainingState(plan, run.model, over: ranks)
    let progress = try together(ranks) { try run.start.fill(state) }
    try checkSameWeights(run.model, over: ranks)
    return try train(
      state, from: progress, hosts: header.ranks.map(\.host), CoreUse(of: binding), folder, console,
      stop, deadline, profile)
  }

  private static func train(
    _ state: TrainingState, from progress: TrainingProgress, hosts: [String],
    _ cores: CoreUse, _ folder: RunFolder, _ console: Console, _ stop: StopRequest,
    _ deadline: Deadline, _ profile: StepProfile?
  ) throws -> Int32 {
    let ranks = state.ranks
    let logged = LoggedRun(
      plan: state.plan, folder: folder, step: progress.step, console: console)
    let sinks = try together(ranks) { try Sinks(logged, rank: ranks.rank) }
    let observer = RunObserver(
      state, hosts: hosts, cores: cores, folder: folder, sinks: sinks, stop: stop,
      deadline: deadline,
      validator: Validator(
        state.plan, over: ranks, folder: folder, sinks: sinks, stop: stop, deadline: deadline))
    let trainer = try together(ranks) {
      try Trainer(state, progress, observer: observer, profile: profile)
    }
    try observer.catchUp(progress)
    if !observer.wasStopped { try trainer.run() }
    if ranks.rank == 0 {
      folder.giveUpRoom()
      let reason = observer.wasStopped ? stop.reason.map { "\($0)" } ?? "another rank" : nil
      try folder.update { status in
        status.state = reason == nil ? .done : .stopped
        status.code = reason == nil ? ExitCode.done : ExitCode.stopped
        status.reason = reason
        status.step = trainer.progress.step
      }
      sinks.note(
        RunEnd(state.plan, folder, step: trainer.progress.step, stoppedBy: reason).text)
      if observer.wasStopped { stop.obeyed() }
      try sinks.close()
    }
    try ranks.barrier()
    deadline.finish()
    return observer.wasStopped ? ExitCode.stopped : ExitCode.done
  }

  /// Ranks with different weights would each train another model, and nobody would notice.
  private static func checkSameWeights(_ model: CoCa, over ranks: any Communicator) throws {
    let values = model.parameters.values
    let sum = kernels.sum_of_squares(values.pointer, values.count)
    var extremes = [sum, -sum]
    try ranks.allReduceMax(&extremes)
    try together(ranks) {
      guard extremes[0] == -extremes[1] else {
        throw ModelError(
          "weights", .mismatch("they differ between ranks"),
          remedy: "Use the same program, run file and checkpoint on every host")
      }
    }
  }

  /// Whether an earlier call of this run has made its last step. Collective.
  private static func isDone(_ folder: RunFolder, over ranks: any Communicator) throws -> Bool {
    var isDone = [ranks.rank == 0 && folder.saved?.state == .done ? 1.0 : 0]
    try ranks.allReduceMax(&isDone)
    return isDone[0] > 0
  }
}
