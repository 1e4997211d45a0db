/// What a packer has done so far.
public struct PackCounts: Sendable, Equatable, Codable {
  /// Rows of this part that were processed.
  public var rows = 0
  public var samples = 0
  /// Samples without caption, labels and tokens; training cannot use them.
  public var textless = 0
  /// Samples whose key is not the path of their file: dots became `_`, or it got a number.
  public var renamed = 0
  /// Rows that could not be packed.
  public var skipped = 0
  /// What the filters dropped on purpose.
  public var dropped = DropCounts()
  /// Raw bytes of the samples.
  public var rawBytes = 0
  /// Samples that were found in shards of an earlier packer that was stopped.
  public var continued = 0
  /// How much of the input has been read, 0 to 1; nil where that is unknown.
  public var fraction: Double?

  public init() {}
}

/// A message from a packer while it works.
public enum PackEvent: Sendable {
  case skipped(PackingError)
  /// Something that people should know about the input as a whole.
  case notice(String)
  case progress(PackCounts)
}
