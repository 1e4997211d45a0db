/// An option of a task: `--max-tokens` of `coca-eval` and, where validation takes it too, the key
/// `max_tokens` of a set in a run file.
public struct TaskOption: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A path, or one of some words.
    case file(or: [String])
    case text
    case choice([String])
    case number(ClosedRange<Int>)
    case decimal(ClosedRange<Double>)
    case flag
  }

  /// As on the command line, without the dashes.
  public let name: String
  /// Another name for it on the command line.
  public let alias: String?
  public let kind: Kind
  public let help: String
  public let isRequired: Bool
  /// The value that is used where the option is left out.
  public let standard: String?
  /// Whether a validation set of a run file can have it.
  public let isKey: Bool

  public init(
    _ name: String, or alias: String? = nil, _ kind: Kind, help: String, isRequired: Bool = false,
    standard: String? = nil, isKey: Bool = false
  ) {
    (self.name, self.alias, self.kind, self.help) = (name, alias, kind, help)
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
    case decimal(Double)
    case flag
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
  func choice(_ option: TaskOption) -> String? {
    guard case .text(let text)? = self[option] else { return nil }
    return text
  }

  /// Nil where it was left out.
  func number(_ option: TaskOption) -> Int? {
    guard case .number(let number)? = self[option] else { return nil }
    return number
  }

  /// Nil where it was left out.
  func decimal(_ option: TaskOption) -> Double? {
    guard case .decimal(let number)? = self[option] else { return nil }
    return number
  }

  func has(_ option: TaskOption) -> Bool { values[option.name] != nil }
}
