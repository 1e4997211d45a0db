import RunFile

/// What a run file says of checkpoints.
public struct CheckpointSettings: Section {
  /// Steps; nil for not by steps.
  public var every: Int? = 1000
  /// Nil for not by time.
  public var minutes: Double? = 30
  /// Nil for all.
  public var keep: Int? = 3

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("every", \.every, .orNull(.whole(1...Int.max)), "steps between checkpoints"),
    Key("minutes", \.minutes, .orNull(.number(above: 0, upTo: 1e9)), """
      minutes between checkpoints, whichever comes first
      """),
    Key("keep", \.keep, .orNull(.whole(1...Int.max)), "newest that are kept; null: all"),
  ]
}

/// What a run file says of its logs.
public struct LogSettings: Section {
  /// Steps.
  public var every = 1
  /// Whether `samples.jsonl` is written.
  public var keys = false
  /// Whether event files are written.
  public var tensorboard = true
  /// Steps between histograms; nil for none.
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
