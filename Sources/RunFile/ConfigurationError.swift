/// What is wrong with a run file or a `--set`: where, which key, what, and what to write instead.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    case unreadable(String)
    /// The machine fails to read the file, with which nothing is wrong.
    case fault
    case syntax(String)
    /// No such key; what to write or to do instead.
    case unknownKey(suggestion: String)
    /// A value of another type or outside its range.
    case unexpected(found: String, expected: String)
    /// A key or value of a later version.
    case unavailable(found: String, instead: String)
    case missing
    case conflict(String)
    /// The output folder has another run's checkpoints.
    case occupied(String)
    /// Keys that a resumed run may not change.
    case changed([Difference])
  }

  /// `run.yaml:12`, or the `--set` in question.
  public let place: String
  /// Its path, such as `optimizer.lr` or `data.0.weight`; empty for the file as a whole.
  public let key: String
  public let reason: Reason

  public init(_ place: String, _ key: String, _ reason: Reason) {
    self.place = place
    self.key = key
    self.reason = reason
  }

  public var description: String {
    "\(place): \(key.isEmpty ? "" : key + ": ")\(reason.text). \(remedy)"
  }

  private var remedy: String {
    switch reason {
    case .unreadable: "Check the path and the permissions"
    case .fault: "Look at the disk and at `ulimit -a`, then run the same command again"
    case .syntax: "Correct the line"
    case .unknownKey(let suggestion): suggestion
    case .unexpected(_, let expected): "Give \(expected)"
    case .unavailable(_, let instead): instead
    case .missing: "Add it"
    case .conflict: "Keep one of them"
    case .occupied: "Give another folder with --output, or continue without --resume never"
    case .changed: "Restore the values, or name the keys with --set to change them"
    }
  }
}

extension ConfigurationError.Reason {
  var text: String {
    switch self {
    case .unreadable(let what): "cannot be read: \(what)"
    case .fault: "the machine fails to read it"
    case .syntax(let what): what
    case .unknownKey: "unknown key"
    case .unexpected(let found, let expected): "expected \(expected), found \(found)"
    case .unavailable(let found, _): "\(found) is not available in this version"
    case .missing: "is missing"
    case .conflict(let what): what
    case .occupied(let path): "\(path) holds checkpoints"
    case .changed(let differences):
      "differs from the checkpoint: " + differences.map(\.description).joined(separator: "; ")
    }
  }
}
