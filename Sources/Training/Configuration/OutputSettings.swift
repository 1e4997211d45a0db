import RunFile

/// The `checkpoint:` section of a run file.
public struct CheckpointSettings: Section {
  /// Steps between checkpoints; nil: steps do not decide.
  public var every: Int? = 1000
  /// Minutes between checkpoints; nil: time does not decide.
  public var minutes: Double? = 30
  /// How many of the newest are kept; nil: all.
  public var keep: Int? = 3

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("every", \.every, .orNull(.whole(1...Int.max)), "steps between checkpoints"),
    Key("minutes", \.minutes, .orNull(.number(above: 0, upTo: 1e9)), """
      minutes between checkpoints; whichever of the two comes first
      """),
    Key("keep", \.keep, .orNull(.whole(1...Int.max)), "how many of the newest are kept; null: all"),
  ]
}

/// The `log:` section of a run file.
public struct LogSettings: Section {
  /// Steps between lines on standard output.
  public var every = 1
  /// Whether `samples.jsonl` is written.
  public var keys = false
  /// Whether event files for TensorBoard are written.
  public var tensorboard = true
  /// Steps between histograms of gradient norms; nil for none.
  public var histograms: Int?

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("every", \.every, .whole(1...Int.max), "steps between lines on standard output"),
    Key("keys", \.keys, .flag, "write `samples.jsonl`: the keys of each step's samples"),
    Key("tensorboard", \.tensorboard, .flag, "write event files for [TensorBoard](#tensorboard)"),
    Key("histograms", \.histograms, .orNull(.whole(1...Int.max)), """
      steps between histograms of the gradients' norms, for TensorBoard; null: none
      """),
  ]
}
