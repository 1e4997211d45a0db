/// What may stand as the value of a key: how people are told of it, and its way in and out of a
/// file.
public struct Kind<Value: Sendable>: Sendable {
  /// As a table says it: "whole number from 1 to 8".
  let type: String
  /// As an error says it: "a whole number from 1 to 8".
  let expected: String
  /// The keys of a mapping, or of each entry of a list.
  public let members: [KeyEntry]
  public let read: @Sendable (Reading) throws(ConfigurationError) -> Value
  /// Nil: the key is left out.
  let write: @Sendable (Value) -> ConfigurationNode.Value?

  /// - Parameters:
  ///   - expected: with its article, as an error says it.
  ///   - type: as a table says it.
  public init(
    _ expected: String, type: String, members: [KeyEntry] = [],
    read: @escaping @Sendable (Reading) throws(ConfigurationError) -> Value,
    write: @escaping @Sendable (Value) -> ConfigurationNode.Value?
  ) {
    (self.expected, self.type, self.members) = (expected, type, members)
    (self.read, self.write) = (read, write)
  }

  /// - Parameters:
  ///   - type: nil: what is expected, without its article.
  ///   - parse: nil for a value of another kind.
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
  /// The kind or null, which stands for nil.
  public static func orNull<Wrapped>(_ kind: Kind<Wrapped>) -> Kind where Value == Wrapped? {
    optional(kind, "\(kind.type) or null", absent: .null)
  }

  /// As `orNull`, but nil is written by leaving the key out.
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
