import ArgumentParser
import Collectives
import Evaluation

/// A task as a subcommand.
struct TaskCommand<Asked: EvaluationTask>: EvaluationCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Asked.name, abstract: Asked.meaning, discussion: Asked.discussion)
  }
  static var user: String { "task \(Asked.name)" }
  static var needs: Set<ModelPart> { Asked.modelNeeds }

  @OptionGroup var shared: SharedOptions
  @OptionGroup var arguments: TaskArguments<Asked>

  @Flag(help: "Print JSON, an object a line.")
  var json = false

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let task = try together(ranks) { try Asked(arguments.values) }
    let result = try result(of: task, evaluator, over: ranks)
    return json ? try result.objects.map { try Output.json($0) }.joined() : result.text
  }

  private func result(
    of task: Asked, _ evaluator: Evaluator, over ranks: any Communicator
  ) throws -> any TaskResult {
    if let records = arguments.records {
      let records = try openRecords(records, over: ranks)
      return try task.run(evaluator, records: records, limit: shared.limit)
    }
    guard let task = task as? any PictureTask else {
      throw Failure("--records is missing. Name a folder of records", exitCode: ExitCode.usage)
    }
    let files = try shared.pictures(arguments.images, over: ranks)
    return try task.run(evaluator, pictures: files)
  }
}

extension EvaluationTask {
  /// The subcommand of this task.
  static var command: any ParsableCommand.Type { TaskCommand<Self>.self }
}
