/// A key of a section, with everything that is known about it.
///
///     Key("keep", \.keep, .orNull(.whole(1...100)), free: true, "how many are kept")
public struct Key<Root: Sendable>: Sendable {
  let entry: KeyEntry
  let read: @Sendable (Mapping, inout Root) throws(ConfigurationError) -> Void
  /// Returns nil where the key is not written.
  let write: @Sendable (Root) -> ConfigurationNode.Value?
}

extension Key where Root: Section {
  /// - Parameters:
  ///   - place: the property that holds the value; a new section has the default.
  ///   - told: how help describes a default that the section's `complete` computes; a file then
  ///     has null in its place.
  ///   - required: whether it must be given.
  ///   - free: whether a resumed run may change it without `--set`.
  ///   - alternatives: keys of which exactly one is given.
  ///   - source: a key whose change may change this one's default.
  ///   - meaning: a sentence in Markdown; links are relative to `docs/`.
  ///   - isWritten: whether the key matters in this section.
  public init<Value>(
    _ name: String, _ place: WritableKeyPath<Root, Value> & Sendable, _ kind: Kind<Value>,
    default told: String? = nil, required: Bool = false, free: Bool = false,
    alternatives: [String] = [], follows source: String? = nil,
    writtenIf isWritten: @escaping @Sendable (Root) -> Bool = { _ in true }, _ meaning: String
  ) {
    entry = KeyEntry(
      name: name, type: kind.type,
      standard: told ?? (required ? "required" : kind.write(Root()[keyPath: place])?.told ?? ""),
      meaning: meaning, isRequired: required, isFree: free, alternatives: alternatives,
      source: source, members: kind.members)
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
  /// The default as tables show it; empty for a mapping, whose keys have their own.
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
