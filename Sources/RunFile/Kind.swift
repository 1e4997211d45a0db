/// The values that a key can have: how help and errors describe them, and how they are read and
/// written.
public struct Kind<Value: Sendable>: Sendable {
  /// For tables: "whole number from 1 to 8".
  let type: String
  /// For errors: "a whole number from 1 to 8".
  let expected: String
  /// The keys of a mapping, or of each entry of a list.
  public let members: [KeyEntry]
  public let read: @Sendable (Reading) throws(ConfigurationError) -> Value
  /// Returns nil where the key is not written.
  let write: @Sendable (Value) -> ConfigurationNode.Value?

  /// - Parameters:
  ///   - expected: what errors say, with the article.
  ///   - type: what tables say.
  public init(
    _ expected: String, type: String, members: [KeyEntry] = [],
    read: @escaping @Sendable (Reading) throws(ConfigurationError) -> Value,
    write: @escaping @Sendable (Value) -> ConfigurationNode.Value?
  ) {
    (self.expected, self.type, self.members) = (expected, type, members)
    (self.read, self.write) = (read, write)
  }

  /// - Parameters:
  ///   - type: nil: `expected` without its article.
  ///   - parse: returns nil for a value of another kind.
  public init(
    _ expected: String, type: String? = nil,
    parse: @escaping @Sendable (Reading) -> Value?,
    write: @escaping @Sendable (Value) -> ConfigurationNode.Value?
  ) {
    self.init(
      expected, type: type ?? String(expected.trimmingPrefix(#/an? /#)), members: [],
      read: { reading throws(ConfigurationError) in
        guard let value = parse(reading) else { throw reading.unexpected(expected) }
        return value
      }, write: write)
  }
}

extension Kind {
  /// The kind, or null for nil.
  public static func orNull<Wrapped>(_ kind: Kind<Wrapped>) -> Kind where Value == Wrapped? {
    optional(kind, "\(kind.type) or null", absent: .null)
  }

  /// Like `orNull`, but a key whose value is nil is not written.
  public static func orAbsent<Wrapped>(_ kind: Kind<Wrapped>) -> Kind where Value == Wrapped? {
    optional(kind, kind.type, absent: nil)
  }

  private static func optional<Wrapped>(
    _ kind: Kind<Wrapped>, _ type: String, absent: ConfigurationNode.Value?
  ) -> Kind where Value == Wrapped? {
    Kind(
      kind.expected, type: type, members: kind.members,
      read: { reading throws(ConfigurationError) in
        reading.node.isNull ? nil : try kind.read(reading)
      },
      write: { value in
        guard let value else { return absent }
        return kind.write(value)
      })
  }
}
