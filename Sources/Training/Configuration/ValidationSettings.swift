import Pipeline
import RunFile

/// What a run file says of the validation.
public struct ValidationSettings: Section {
  public enum Task: String, Sendable, CaseIterable {
    case loss, retrieval
    case zeroShot = "zero-shot"
    case caption
  }

  public struct Set: Section {
    public var name = ""
    public var records: [String] = []
    public var task = Task.loss
    /// The file of class names; only with `zeroShot`.
    public var classes: String?
    /// Only with `zeroShot`.
    public var prompts: PromptChoice?
    /// Samples at most; nil for all.
    public var limit: Int?

    public init() {}
  }

  /// Steps.
  public var every = 1000
  public var sets: [Set] = []

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("every", \.every, .whole(1...Int.max), """
      steps between validations; there is one after the last step too
      """),
    Key("sets", \.sets, .list(), "what is validated; each entry has these keys"),
  ]
}

extension ValidationSettings.Set {
  public static let keys: [Key<Self>] = [
    Key("name", \.name, .text, default: "`records` as written", """
      what `validation.jsonl` calls the set
      """),
    Key("records", \.records, .folders, required: true, "where `coca-shard pack` wrote to"),
    Key("task", \.task, .choice, required: true, "see [evaluation](evaluation.md)"),
    Key("classes", \.classes, .orAbsent(.path), default: "required with `zero-shot`", """
      names of the classes, a line each
      """),
    Key("prompts", \.prompts, .orAbsent(.prompts), default: "`default`", "with `zero-shot` only"),
    Key("limit", \.limit, .orNull(.whole(1...Int.max)), "samples at most"),
  ]

  public static let unavailable = [
    "beam", "greedy", "top_p", "top_k", "max_tokens", "prompt", "temperature",
  ]

  public mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError) {
    let hasClasses = task == .zeroShot
    guard hasClasses == (classes != nil) else {
      throw mapping.error(
        "classes", hasClasses ? .missing : .conflict("goes with task: zero-shot only"))
    }
    name = try mapping.name(besides: others.map(\.name))
    prompts = try mapping.prompts(prompts, areAllowed: hasClasses, by: "task: zero-shot")
  }
}
