/// An option of a task: `--max-tokens` of `coca-eval` and, where validation takes it too, the key
/// `max_tokens` of a set in a run file.
public struct TaskOption: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A path, or one of some words.
    case file(or: [String])
    case text
    case number(ClosedRange<Int>)
    /// Names what is done in any case.
    case flag
    /// Of a later version: refused with this remedy, and not listed in the help.
    case unavailable(String)
  }

  /// As on the command line, without the dashes.
  public let name: String
  public let kind: Kind
  public let help: String
  public let isRequired: Bool
  /// The value that is used where the option is left out.
  public let standard: String?
  /// Whether a validation set of a run file can have it.
  public let isKey: Bool

  public init(
    _ name: String, _ kind: Kind, help: String = "", isRequired: Bool = false,
    standard: String? = nil, isKey: Bool = false
  ) {
    (self.name, self.kind, self.help) = (name, kind, help)
    (self.isRequired, self.standard, self.isKey) = (isRequired, standard, isKey)
  }

  /// As in a run file.
  public var key: String { name.replacing("-", with: "_") }
}

/// The values given for a task's options, on the command line or in a run file.
public struct TaskValues: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case text(String)
    case number(Int)
  }

  private var values: [String: Value] = [:]

  public init() {}

  /// The value that was given; otherwise the default, if there is one.
  public subscript(option: TaskOption) -> Value? {
    get { values[option.name] ?? option.standard.map(Value.text) }
    set { values[option.name] = newValue }
  }

  /// - Precondition: the option is a text or a file, and is required or has a default.
  func text(_ option: TaskOption) -> String {
    guard case .text(let text)? = self[option] else {
      preconditionFailure("\(option.name) is read without a value")
    }
    return text
  }

  /// Nil where it was left out.
  func number(_ option: TaskOption) -> Int? {
    guard case .number(let number)? = self[option] else { return nil }
    return number
  }
}
