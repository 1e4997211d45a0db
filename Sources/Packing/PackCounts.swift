/// What a packer has done so far.
public struct PackCounts: Sendable, Equatable, Codable {
  /// Rows of this part that were looked at.
  public var rows = 0
  public var samples = 0
  /// Samples without caption, labels and tokens, which training cannot use.
  public var textless = 0
  /// Rows that could not be packed.
  public var skipped = 0
  /// What the filters dropped.
  public var dropped = DropCounts()
  /// Raw bytes of the samples.
  public var rawBytes = 0
  /// Samples that were found in shards of an earlier, stopped packer.
  public var continued = 0
  /// How much of the input lies behind, 0 to 1, where that is known.
  public var fraction: Double?

  public init() {}
}

/// What a packer tells while it works.
public enum PackEvent: Sendable {
  case skipped(PackingError)
  /// What a person should know of the input as a whole.
  case notice(String)
  case progress(PackCounts)
}
