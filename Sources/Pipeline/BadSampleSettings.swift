import RunFile

/// The `bad_samples:` section of a run file.
public struct BadSampleSettings: Section {
  public enum Policy: String, Sendable, CaseIterable { case skip, fail }

  public var policy = Policy.skip
  /// The fraction of samples above which the run ends.
  public var limit = 0.01

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("policy", \.policy, .choice, "`skip`: leave it out and count it; `fail`: end the run"),
    Key("limit", \.limit, .number(0...1), "the run ends when a larger fraction was left out"),
  ]
}

extension BadSamplePolicy {
  public init(_ settings: BadSampleSettings) {
    self =
      switch settings.policy {
      case .skip: .skip(limit: settings.limit)
      case .fail: .fail
      }
  }
}
