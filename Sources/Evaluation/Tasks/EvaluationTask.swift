import CoCaModel
import Records

/// What a model can be asked about a set: `coca-eval NAME`, and `task: NAME` in a run file's
/// `validation.sets`. A task is told here once and listed in `EvaluationTasks.all`; commands, keys,
/// help and logs follow from it.
public protocol EvaluationTask: Sendable {
  associatedtype Result: TaskResult

  static var name: String { get }
  /// One sentence.
  static var meaning: String { get }
  /// What else `coca-eval NAME --help` says, an example last.
  static var discussion: String { get }
  /// What a sample must have; nil: a picture is enough.
  static var recordNeed: String? { get }
  static var modelNeeds: Set<ModelPart> { get }
  /// In the order of the help and of the keys.
  static var options: [TaskOption] { get }

  /// Reads what its options name; training ranks compare what it then holds.
  /// - Parameter values: of this task's options; required ones are there.
  /// - Throws: what is wrong with a file that an option names.
  init(_ values: TaskValues) throws

  /// Collective.
  /// - Parameter limit: take only so many samples from the front.
  func run(_ evaluator: Evaluator, records: [RecordSet], limit: Int?) throws -> Result
}

/// A task that can also be asked about picture files.
public protocol PictureTask: EvaluationTask {
  /// Collective.
  func run(_ evaluator: Evaluator, pictures files: [String]) throws -> Result
}

extension EvaluationTask {
  /// Whether its result is captions rather than figures.
  public static var givesCaptions: Bool { Result.self == Captions.self }

  /// Refuses a model that lacks what the task needs, before any work.
  /// - Parameters:
  ///   - parts: what the model has.
  ///   - place: the model, for the error.
  public static func check(
    _ parts: Set<ModelPart>, of place: String
  ) throws(ModelError) {
    try modelNeeds.check(parts, of: place, for: "task \(name)")
  }
}
