import RunFile

/// What a run file says of samples that cannot be used.
public struct BadSampleSettings: Section {
  public enum Policy: String, Sendable, CaseIterable { case skip, fail }

  public var policy = Policy.skip
  /// The fraction of samples above which the run ends.
  public var limit = 0.01

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("policy", \.policy, .choice, "leave it out and count it, or end the run"),
    Key("limit", \.limit, .number(0...1), "fraction left out above which the run ends"),
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
