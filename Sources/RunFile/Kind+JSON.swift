import JSON

/// A key of a mapping that is kept as written, to be merged into another mapping later.
public struct TreeKey: Sendable {
  public let name: String
  let kind: Kind<JSONValue>
  let meaning: String

  public init(_ name: String, _ kind: Kind<JSONValue>, _ meaning: String) {
    (self.name, self.kind, self.meaning) = (name, kind, meaning)
  }

  fileprivate var entry: KeyEntry {
    KeyEntry(
      name: name, type: kind.type, standard: "", meaning: meaning, isRequired: false,
      isFree: false, alternatives: [], source: nil, members: kind.members)
  }
}

extension Kind where Value == JSONValue {
  /// - Parameter parse: the value to keep; nil for a value of another kind.
  public init(_ expected: String, parse: @escaping @Sendable (Reading) -> JSONValue?) {
    self.init(expected, parse: parse, write: { ConfigurationNode(json: $0, place: "").value })
  }

  private init(
    _ expected: String, type: String, members: [KeyEntry] = [],
    read: @escaping @Sendable (Reading) throws(ConfigurationError) -> JSONValue
  ) {
    self.init(
      expected, type: type, members: members, read: read,
      write: { ConfigurationNode(json: $0, place: "").value })
  }

  /// One of these words.
  public static func words(_ words: [String]) -> Kind {
    Kind(
      "one of: " + words.joined(separator: ", "),
      type: words.map { "`\($0)`" }.joined(separator: ", "),
      read: { reading throws(ConfigurationError) in
        guard let word = reading.node.text, words.contains(word) else {
          throw reading.unexpected("one of: " + words.joined(separator: ", "))
        }
        return .string(word)
      })
  }

  /// Values of another kind, kept as they are written in the file.
  public static func kept<Typed>(_ kind: Kind<Typed>) -> Kind {
    Kind(
      kind.expected, type: kind.type,
      read: { reading throws(ConfigurationError) in
        _ = try kind.read(reading)
        return reading.node.json
      })
  }

  /// Values of another kind, kept as that kind writes them.
  public static func normal<Typed>(_ kind: Kind<Typed>) -> Kind {
    Kind(
      kind.expected, type: kind.type,
      read: { reading throws(ConfigurationError) in
        ConfigurationNode(kind.write(try kind.read(reading)) ?? .null).json
      })
  }

  /// The kind or null.
  public static func orNull(_ kind: Kind) -> Kind {
    Kind(
      "\(kind.expected) or null", type: "\(kind.type) or null",
      read: { reading throws(ConfigurationError) in
        if reading.node.isNull { return .null }
        do throws(ConfigurationError) { return try kind.read(reading) } catch {
          throw reading.unexpected("\(kind.expected) or null")
        }
      })
  }

  /// A mapping with some of these keys.
  /// - Parameter foreign: what to do in place of another program's key; nil for a key that no
  ///   program is known to have.
  public static func tree(
    _ keys: [TreeKey], foreign: @escaping @Sendable (String) -> String? = { _ in nil }
  ) -> Kind {
    Kind(
      "a mapping", type: "mapping", members: keys.map(\.entry),
      read: { reading throws(ConfigurationError) in
        guard case .map(let pairs) = reading.node.value else {
          throw reading.unexpected("a mapping")
        }
        var values: [String: JSONValue] = [:]
        for (name, node) in pairs {
          let member = reading.part(name, node)
          guard let key = keys.first(where: { $0.name == name }) else {
            let instead = foreign(name) ?? "The nearest known is \(nearest(to: name, of: keys))"
            throw member.error(.unknownKey(suggestion: instead))
          }
          values[name] = try key.kind.read(member)
        }
        return .object(values)
      })
  }

  private static func nearest(to name: String, of keys: [TreeKey]) -> String {
    keys.map(\.name).sorted().min { editDistance($0, name) < editDistance($1, name) } ?? ""
  }
}
