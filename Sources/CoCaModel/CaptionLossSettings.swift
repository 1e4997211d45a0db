import RunFile

/// The options of the captioning loss.
public struct CaptionLossSettings: Section {
  public enum Prefix: String, Sendable, CaseIterable { case none, random }

  /// Nil: that of the preset.
  public var prefix: Prefix?
  public var smoothing = 0.0

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("prefix", \.prefix, .orAbsent(.choice), default: "`random` with `prefix`, else `none`", """
      how much of a text is given: not predicted, and seen by all its ids. `none`: its start \
      token; `random`: a part drawn for each text and epoch, as [SimVLM](objectives.md#prefix) does
      """),
    Key("smoothing", \.smoothing, .number(0...0.9), """
      how much of each target is spread evenly over the vocabulary in training
      """),
  ]
}
