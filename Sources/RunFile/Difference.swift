import JSON

/// A key with different values in a checkpoint and in the run that continues it.
public struct Difference: Sendable, Equatable, CustomStringConvertible {
  /// Such as `optimizer.lr` or `data.0.weight`.
  public let key: String
  /// As JSON; nil where the key is absent.
  public let saved: String?
  public let current: String?
  /// Whether a resumed run may change it without `--set`.
  public let isFree: Bool

  public var description: String {
    "\(key): \(saved ?? "absent") in the checkpoint, \(current ?? "absent") now"
  }
}

extension KeyBook {
  /// Every key whose value differs from the one a checkpoint was written with, sorted.
  public func differences(from saved: JSONValue, to current: JSONValue) -> [Difference] {
    let (old, new) = (saved.leaves, current.leaves)
    return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map { key in
      Difference(
        key: key, saved: old[key], current: new[key],
        isFree: way(to: key).contains(where: \.isFree))
    }
  }

  /// Checks that a run may continue with these differences.
  /// - Parameter overrides: the arguments of `--set`; keys they name may differ.
  /// - Throws: `ConfigurationError` of reason `.changed` that lists those that are not allowed.
  public func allow(
    _ differences: [Difference], overrides: [String]
  ) throws(ConfigurationError) {
    let named = overrides.map { String($0.prefix { $0 != "=" }) }
    let refused = differences.filter { difference in
      !difference.isFree && !named.contains { isNamed(difference.key, by: $0) }
    }
    guard refused.isEmpty else { throw ConfigurationError("--resume", "", .changed(refused)) }
  }

  private func isNamed(_ key: String, by path: String) -> Bool {
    guard key != path, !key.hasPrefix(path + ".") else { return true }
    guard let entry = way(to: key).last else { return false }
    return entry.alternatives.contains(path) || entry.source == path
  }
}

extension JSONValue {
  /// Every value that is neither list nor mapping, as text, by its path.
  fileprivate var leaves: [String: String] {
    var leaves: [String: String] = [:]
    collect("", into: &leaves)
    return leaves
  }

  private func collect(_ path: String, into leaves: inout [String: String]) {
    func child(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch self {
    case .object(let members) where !members.isEmpty:
      for (key, value) in members { value.collect(child(key), into: &leaves) }
    case .array(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() { item.collect(child(String(index)), into: &leaves) }
    default: leaves[path] = text()
    }
  }
}
