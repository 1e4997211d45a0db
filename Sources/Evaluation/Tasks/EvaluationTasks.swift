/// All tasks, and what follows from their list.
public enum EvaluationTasks {
  public static let all: [any EvaluationTask.Type] = [
    LossTask.self, RetrievalTask.self, ZeroShotTask.self, CaptionTask.self,
    AccuracyTask.self,
  ]

  /// All options that a validation set of a run file can have, each once.
  public static var keys: [TaskOption] {
    all.flatMap { $0.options }.reduce(into: []) { keys, option in
      if option.isKey, !keys.contains(option) { keys.append(option) }
    }
  }

  /// The names of the tasks that have an option.
  public static func names(with option: TaskOption) -> [String] {
    all.filter { $0.options.contains(option) }.map { $0.name }
  }
}

/// The name of one of the tasks.
public struct TaskName: RawRepresentable, CaseIterable, Hashable, Sendable {
  public let rawValue: String

  /// Nil where no task has this name.
  public init?(rawValue: String) {
    guard EvaluationTasks.all.contains(where: { $0.name == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  public init(_ task: any EvaluationTask.Type) { rawValue = task.name }

  public static var allCases: [TaskName] { EvaluationTasks.all.map { TaskName($0) } }

  public var task: any EvaluationTask.Type {
    guard let task = EvaluationTasks.all.first(where: { $0.name == rawValue }) else {
      preconditionFailure("a task that is not listed")
    }
    return task
  }
}
