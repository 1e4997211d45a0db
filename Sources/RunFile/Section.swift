/// A mapping of a run file that has its own keys: a value that starts with the defaults, and a
/// table that says which property belongs to which key.
public protocol Section: Sendable, Equatable {
  /// Every key with its default; keys that must be given have any value.
  init()
  /// In the order in which they are written.
  static var keys: [Key<Self>] { get }
  /// Keys of later versions, which are refused by name.
  static var unavailable: [String] { get }

  /// Sets defaults that depend on other keys, and checks which keys must agree with each other.
  /// - Parameter others: the entries before this one, where it stands in a list.
  mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError)
}

extension Section {
  public static var unavailable: [String] { [] }

  public mutating func complete(
    _ mapping: Mapping, after others: [Self]
  ) throws(ConfigurationError) {}

  /// - Throws: `ConfigurationError` for the first thing that is wrong.
  public init(_ reading: Reading, after others: [Self] = []) throws(ConfigurationError) {
    self.init()
    let mapping = try Mapping(
      reading, keys: Self.keys.map(\.entry.name), unavailable: Self.unavailable)
    for key in Self.keys { try key.read(mapping, &self) }
    try complete(mapping, after: others)
  }

  /// All keys with their values.
  public var node: ConfigurationNode {
    ConfigurationNode(
      .map(
        Self.keys.compactMap { key in
          key.write(self).map { (key.entry.name, ConfigurationNode($0)) }
        }))
  }
}

extension Section {
  /// `{records: data/own}`: the keys that must be given; the first one has the text that was found
  /// in place of the mapping.
  fileprivate static func form(with found: ConfigurationNode) -> String {
    let names = keys.map(\.entry).filter(\.isRequired).map(\.name)
    let values = [found.text ?? "…"] + names.dropFirst().map { _ in "…" }
    return "{" + zip(names, values).map { "\($0): \($1)" }.joined(separator: ", ") + "}"
  }
}

extension Kind where Value: Section {
  public static var section: Kind {
    Kind(
      "a mapping of keys to values", type: "mapping", members: Value.keys.map(\.entry),
      read: { reading throws(ConfigurationError) in try Value(reading) },
      write: { $0.node.value })
  }
}

extension Kind {
  /// A list of mappings.
  public static func list<Item: Section>() -> Kind where Value == [Item] {
    Kind(
      "a list", type: "list", members: Item.keys.map(\.entry),
      read: { reading throws(ConfigurationError) in
        guard let nodes = reading.node.items else {
          throw reading.unexpected("a list, such as [\(Item.form(with: reading.node))]")
        }
        var items: [Item] = []
        for (index, node) in nodes.enumerated() {
          let item = reading.part(String(index), node)
          guard case .map = node.value else {
            throw item.unexpected("a mapping, such as \(Item.form(with: node))")
          }
          items.append(try Item(item, after: items))
        }
        return items
      }, write: { .list($0.map(\.node)) })
  }
}
