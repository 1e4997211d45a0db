import CoCaModel
import Records

/// Something to measure about a model on a set: `coca-eval NAME`, and `task: NAME` in a run file's
/// `validation.sets`. A task is one type and listed in `EvaluationTasks.all`; commands, keys, help
/// and logs follow from it.
public protocol EvaluationTask: Sendable {
  associatedtype Result: TaskResult

  static var name: String { get }
  /// One sentence about what the task does.
  static var meaning: String { get }
  /// The rest of `coca-eval NAME --help`, with an example at the end.
  static var discussion: String { get }
  /// What a sample must have besides a picture; nil: nothing.
  static var recordNeed: String? { get }
  static var modelNeeds: Set<ModelPart> { get }
  /// In the order of the help and of the keys.
  static var options: [TaskOption] { get }
  /// How its result can be written.
  static var formats: [ResultFormat] { get }

  /// Refuses values that contradict each other, before anything is opened.
  static func check(_ values: TaskValues) throws(EvaluationError)

  /// Reads the files that its options name; all ranks must then hold the same.
  /// - Parameter values: of this task's options; required ones are given.
  /// - Throws: what is wrong with a file that an option names.
  init(_ values: TaskValues) throws

  /// Runs the task. Collective.
  /// - Parameter limit: take only so many samples, from the first on.
  func run(_ evaluator: Evaluator, records: [RecordSet], limit: Int?) throws -> Result
}

/// A task that can also run on picture files.
public protocol PictureTask: EvaluationTask {
  associatedtype Answers: TaskResult

  /// Runs the task on picture files. Collective.
  func run(_ evaluator: Evaluator, pictures files: [String]) throws -> Answers
}

extension EvaluationTask {
  public static var formats: [ResultFormat] { [.text, .jsonl] }

  public static func check(_ values: TaskValues) throws(EvaluationError) {}

  /// Whether its result is captions rather than numbers.
  public static var givesCaptions: Bool { Result.self == Captions.self }

  /// Refuses a model that lacks what the task needs, before any work is done.
  /// - Parameters:
  ///   - parts: the parts that the model has.
  ///   - place: names the model in the error.
  public static func check(
    _ parts: Set<ModelPart>, of place: String
  ) throws(ModelError) {
    try modelNeeds.check(parts, of: place, for: "task \(name)")
  }
}
