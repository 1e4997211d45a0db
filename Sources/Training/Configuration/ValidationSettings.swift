import Evaluation
import Pipeline
import RunFile

/// The `validation:` section of a run file.
public struct ValidationSettings: Section {
  public struct Set: Section {
    public var name = ""
    public var records: [String] = []
    public var task = TaskName(LossTask.self)
    /// The values of the task's options; paths are absolute.
    public var options = TaskValues()
    /// The most samples that are read; nil for all.
    public var limit: Int?

    public init() {}
  }

  /// Steps between validations.
  public var every = 1000
  public var sets: [Set] = []

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("every", \.every, .whole(1...Int.max), """
      steps between validations; one more follows the last step
      """),
    Key("sets", \.sets, .list(), "what is validated; each entry has these keys"),
  ]
}

extension ValidationSettings.Set {
  public static let keys: [Key<Self>] = [
    Key("name", \.name, .text, default: "`records` as written", """
      what `validation.jsonl` calls the set
      """),
    Key("records", \.records, .folders, required: true, "folders that `coca-shard pack` wrote"),
    Key("task", \.task, .choice, required: true, """
      what is measured on the set: [tasks](evaluation.md#tasks)
      """),
  ] + EvaluationTasks.keys.map(key) + [
    Key("limit", \.limit, .orNull(.whole(1...Int.max)), "the most samples that are read")
  ]

  public static let unavailable = [
    "beam", "greedy", "top_p", "top_k", "max_tokens", "prompt", "temperature",
  ].filter { name in !EvaluationTasks.keys.contains { $0.key == name } }

  /// An option of some tasks.
  private static func key(_ option: TaskOption) -> Key<Self> {
    let tasks = EvaluationTasks.names(with: option)
    let users = tasks.map { "`\($0)`" }.joined(separator: ", ")
    return Key(
      option.key, \.options[option], .orNull(.option(option.kind)),
      default: option.isRequired
        ? "required with \(users)" : option.standard.map { "`\($0)`" } ?? "null",
      writtenIf: { $0.task.task.options.contains(option) },
      "with \(users) only: \(Self.unended(option.help))")
  }

  /// A sentence of the command's help as a part of one.
  private static func unended(_ sentence: String) -> Substring {
    sentence.hasSuffix(".") ? sentence.dropLast() : sentence[...]
  }

  public mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError) {
    name = try mapping.name(besides: others.map(\.name))
    for option in EvaluationTasks.keys {
      if task.task.options.contains(option) {
        guard options[option] != nil || !option.isRequired else {
          throw mapping.error(option.key, .missing)
        }
        // Options that have their default are written into run.yaml too.
        options[option] = options[option]
      } else if mapping.isGiven(option.key) {
        let tasks = EvaluationTasks.names(with: option).joined(separator: ", ")
        throw mapping.error(option.key, .conflict("goes with task: \(tasks) only"))
      }
    }
  }
}

extension Kind where Value == TaskValues.Value {
  fileprivate static func option(_ kind: TaskOption.Kind) -> Kind {
    switch kind {
    case .file(let words):
      return Kind(
        "a text that is not empty",
        type: words.isEmpty ? "path" : words.map { "`\($0)`" }.joined(separator: ", ") + " or a file",
        parse: { reading in
          reading.words.map { .text(words.contains($0) ? $0 : reading.absolute($0)) }
        }, write: \.node)
    case .text:
      return Kind(
        "a text that is not empty", type: "text", parse: { $0.words.map { .text($0) } },
        write: \.node)
    case .number(let range):
      let whole = Kind<Int>.whole(range)
      return Kind(
        "a whole number", type: "whole number from \(range.lowerBound) to \(range.upperBound)",
        read: { reading throws(ConfigurationError) in .number(try whole.read(reading)) },
        write: \.node)
    case .choice, .decimal, .flag: preconditionFailure("no key of a set")
    }
  }
}

extension TaskValues.Value {
  fileprivate var node: ConfigurationNode.Value? {
    switch self {
    case .text(let text): .text(text)
    case .number(let number): .integer(number)
    case .decimal(let number): .number(number)
    case .flag: nil
    }
  }
}
