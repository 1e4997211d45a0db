/// A key of a section: all that is said of it, once.
///
///     Key("keep", \.keep, .orNull(.whole(1...100)), free: true, "newest that are kept")
public struct Key<Root: Sendable>: Sendable {
  let entry: KeyEntry
  let read: @Sendable (Mapping, inout Root) throws(ConfigurationError) -> Void
  /// Nil: the key is left out.
  let write: @Sendable (Root) -> ConfigurationNode.Value?
}

extension Key where Root: Section {
  /// - Parameters:
  ///   - place: where the value stands in the section; in a new one it is the default.
  ///   - told: how people are told of a default that the section's `complete` finds; null then
  ///     stands for it in a file.
  ///   - required: whether it must be given.
  ///   - free: whether a resumed run may change it without being told to.
  ///   - alternatives: keys of which only one is given.
  ///   - source: a key whose change may change this one's default.
  ///   - meaning: a sentence in Markdown, links as from `docs/`.
  ///   - isWritten: whether the key has a say in this section.
  public init<Value>(
    _ name: String, _ place: WritableKeyPath<Root, Value> & Sendable, _ kind: Kind<Value>,
    default told: String? = nil, required: Bool = false, free: Bool = false,
    alternatives: [String] = [], follows source: String? = nil,
    writtenIf isWritten: @escaping @Sendable (Root) -> Bool = { _ in true }, _ meaning: String
  ) {
    entry = KeyEntry(
      name: name, type: kind.type,
      standard: told ?? (required ? "required" : kind.write(Root()[keyPath: place])?.told ?? ""),
      meaning: meaning, isFree: free, alternatives: alternatives, source: source,
      members: kind.members)
    read = { mapping, root throws(ConfigurationError) in
      guard let reading = mapping[name] else {
        if required { throw mapping.error(name, .missing) }
        return
      }
      if told != nil, reading.node.isNull { return }
      root[keyPath: place] = try kind.read(reading)
    }
    write = { isWritten($0) ? kind.write($0[keyPath: place]) : nil }
  }
}

extension ConfigurationNode.Value {
  /// As a table of defaults has it; empty for a mapping, whose keys have their own.
  fileprivate var told: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): value.short
    case .text(let value): "`\(value)`"
    case .list(let items): "[" + items.map(\.value.told).joined(separator: ", ") + "]"
    case .map: ""
    }
  }
}
