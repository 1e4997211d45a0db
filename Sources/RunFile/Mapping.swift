/// The members of a mapping; all its keys are known.
public struct Mapping: Sendable {
  private let whole: Reading
  private let members: [String: ConfigurationNode]

  /// - Parameter unavailable: keys of later versions.
  /// - Throws: `ConfigurationError` for the first key that is unknown or unavailable.
  init(
    _ reading: Reading, keys: [String], unavailable: [String]
  ) throws(ConfigurationError) {
    guard case .map(let pairs) = reading.node.value else {
      throw reading.unexpected("a mapping of keys to values")
    }
    var members: [String: ConfigurationNode] = [:]
    for (key, node) in pairs {
      let member = reading.part(key, node)
      guard !unavailable.contains(key) else {
        throw member.error(.unavailable(found: key, instead: "Leave it out"))
      }
      guard keys.contains(key) else {
        throw member.error(.unknownKey(suggestion: reading.book.suggestion(for: member.path)))
      }
      members[key] = node
    }
    whole = reading
    self.members = members
  }

  /// The value of a key, nil where it is left out.
  public subscript(key: String) -> Reading? { members[key].map { whole.part(key, $0) } }

  /// Whether a key has a value other than null.
  public func isGiven(_ key: String) -> Bool { members[key].map { !$0.isNull } ?? false }

  /// An error about a key; its place is the mapping's where the key is left out.
  public func error(_ key: String, _ reason: ConfigurationError.Reason) -> ConfigurationError {
    (self[key] ?? whole.part(key, ConfigurationNode(.null, place: whole.node.place)))
      .error(reason)
  }

  public func unexpected(_ key: String, _ expected: String) -> ConfigurationError {
    error(key, .unexpected(found: members[key]?.shown ?? "nothing", expected: expected))
  }
}
