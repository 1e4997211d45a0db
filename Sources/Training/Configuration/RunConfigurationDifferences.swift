import Checkpoints
import JSON

extension RunConfiguration {
  /// A key with different values in a checkpoint and in the run that continues it.
  public struct Difference: Sendable, Equatable, CustomStringConvertible {
    /// Such as `optimizer.lr` or `data.0.weight`.
    public let key: String
    /// As JSON; nil where the key is absent.
    public let saved: String?
    public let current: String?

    public var description: String {
      "\(key): \(saved ?? "absent") in the checkpoint, \(current ?? "absent") now"
    }

    /// Whether a resumed run may change it without being told to.
    public var isFree: Bool {
      let path = key.split(separator: ".")
      // Only logs call a source by its name, which follows its records where none is given.
      if path.count == 3, path[0] == "data", path[2] == "name" { return true }
      let free = [
        "microbatch", "recompute", "shard_optimizer", "overlap", "log", "checkpoint", "validation",
        "deadline", "data_cache",
      ]
      return free.contains(String(key.prefix { $0 != "." }))
    }

    /// Whether it changes the learning rate of steps to come.
    public var changesSchedule: Bool { Difference.lengths.contains(key) }

    fileprivate static let lengths = ["steps", "epochs", "samples"]

    fileprivate func isNamed(by path: String) -> Bool {
      let bothLengths = Difference.lengths.contains(key) && Difference.lengths.contains(path)
      // Lanes that nobody chose follow the batch.
      let follows = key == "lanes" && path == "batch"
      return key == path || key.hasPrefix(path + ".") || bothLengths || follows
    }
  }

  /// Every key whose value differs from the one a checkpoint was written with, sorted.
  public func differences(from saved: RunConfiguration) -> [Difference] {
    var old: [String: String] = [:]
    var new: [String: String] = [:]
    RunConfiguration.flatten(saved.json, "", into: &old)
    RunConfiguration.flatten(json, "", into: &new)
    return Set(old.keys).union(new.keys).sorted()
      .filter { old[$0] != new[$0] }
      .map { Difference(key: $0, saved: old[$0], current: new[$0]) }
  }

  /// Checks that a run may go on from a checkpoint.
  ///
  /// - Parameter overrides: the arguments of `--set`; keys they name may differ.
  /// - Returns: the differences, all of them allowed.
  /// - Throws: `ConfigurationError` of reason `.changed` with the others.
  public func resuming(
    _ saved: RunConfiguration, overrides: [String] = []
  ) throws(ConfigurationError) -> [Difference] {
    let named = overrides.map { String($0.prefix { $0 != "=" }) }
    let all = differences(from: saved)
    let refused = all.filter { difference in
      !difference.isFree && !named.contains { difference.isNamed(by: $0) }
    }
    guard refused.isEmpty else { throw ConfigurationError("--resume", "", .changed(refused)) }
    return all
  }

  private static func flatten(
    _ tree: JSONValue, _ path: String, into leaves: inout [String: String]
  ) {
    func child(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch tree {
    case .object(let members) where !members.isEmpty:
      for (key, value) in members { flatten(value, child(key), into: &leaves) }
    case .array(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() { flatten(item, child(String(index)), into: &leaves) }
    default: leaves[path] = tree.text()
    }
  }
}
