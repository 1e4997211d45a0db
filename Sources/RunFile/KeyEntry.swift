/// What help and documentation say of a key.
public struct KeyEntry: Sendable {
  public let name: String
  /// The values it can have, in Markdown.
  public let type: String
  /// The default, in Markdown; empty for a mapping.
  public let standard: String
  /// A sentence in Markdown.
  public let meaning: String
  /// Whether it must be given.
  let isRequired: Bool
  /// Whether a resumed run may change it, and all keys below it, without `--set`.
  public let isFree: Bool
  /// Keys of which exactly one is given.
  let alternatives: [String]
  /// The key that this key's default depends on.
  let source: String?
  /// The keys of a mapping, or of each entry of a list.
  public let members: [KeyEntry]
}

extension KeyEntry {
  /// This key and all below it, each with its path.
  public func all(below path: String = "") -> [(path: String, entry: KeyEntry)] {
    let own = path.isEmpty ? name : "\(path).\(name)"
    return [(own, self)] + members.flatMap { $0.all(below: own) }
  }
}
