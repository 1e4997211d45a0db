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

  @Flag(help: "Print JSON, an object a line: --format jsonl.")
  var json = false

  @Option(help: "\(Asked.formats.map(\.rawValue).joined(separator: ", ")) (default: text).")
  var format: ResultFormat?

  @Option(help: "The file to write instead of standard output.", completion: .file())
  var to: String?

  func validate() throws {
    if json, let format, format != .jsonl {
      throw ValidationError("--json is --format jsonl. Give one of --json and --format.")
    }
    if let format, !Asked.formats.contains(format) {
      throw ValidationError("--format: \(Asked.name) has no form \(format.rawValue).")
    }
  }

  func answer(_ evaluator: Evaluator, over ranks: any Communicator) throws -> String {
    let target = try together(ranks) { try to.map { try Target($0) } }
    let task = try together(ranks) { try Asked(arguments.values) }
    let result = try result(of: task, evaluator, over: ranks)
    let text = try together(ranks) {
      try Output.text(of: result, as: format ?? (json ? .jsonl : .text))
    }
    guard let target else { return text }
    try together(ranks) {
      if ranks.rank == 0 { try target.write(text) }
    }
    return ""
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

extension ResultFormat: ExpressibleByArgument {}

extension EvaluationTask {
  /// The subcommand of this task.
  static var command: any ParsableCommand.Type { TaskCommand<Self>.self }
}
