import Foundation

/// Typed values of one mapping of a run file; unknown keys are refused when it is made.
struct ConfigurationReader {
  let node: ConfigurationNode
  /// Path of the mapping, such as `data.0`.
  let path: String
  /// What relative paths are relative to.
  let folder: URL?
  private let members: [String: ConfigurationNode]

  /// - Parameter section: where `RunConfigurationKeys.sections` lists the mapping's keys.
  init(
    _ node: ConfigurationNode, path: String = "", section: String = "", folder: URL?
  ) throws(ConfigurationError) {
    self.node = node
    self.path = path
    self.folder = folder
    guard case .map(let pairs) = node.value else {
      throw ConfigurationError(
        node.place, path, .unexpected(found: node.shown, expected: "a mapping of keys to values"))
    }
    var members: [String: ConfigurationNode] = [:]
    let keys = RunConfigurationKeys.sections[section] ?? []
    for (key, value) in pairs {
      let full = path.isEmpty ? key : "\(path).\(key)"
      if RunConfigurationKeys.unavailable[section]?.contains(key) == true {
        throw ConfigurationError(
          value.place, full, .unavailable(found: key, instead: "Leave it out"))
      }
      guard keys.contains(key) else {
        let suggestion = RunConfigurationKeys.suggestion(for: full)
        throw ConfigurationError(value.place, full, .unknownKey(suggestion: suggestion))
      }
      members[key] = value
    }
    self.members = members
  }

  subscript(key: String) -> ConfigurationNode? { members[key] }

  func error(_ key: String, _ reason: ConfigurationError.Reason) -> ConfigurationError {
    let full = key.isEmpty ? path : path.isEmpty ? key : "\(path).\(key)"
    return ConfigurationError(members[key]?.place ?? node.place, full, reason)
  }

  func unexpected(_ key: String, _ expected: String) -> ConfigurationError {
    error(key, .unexpected(found: members[key]?.shown ?? "nothing", expected: expected))
  }

  private func isNull(_ key: String) -> Bool {
    if case .null? = members[key]?.value { true } else { false }
  }

  /// The mapping under a key; an empty one where the key is left out.
  func section(_ key: String) throws(ConfigurationError) -> ConfigurationReader {
    try ConfigurationReader(
      members[key] ?? ConfigurationNode(.map([]), place: node.place), path: key, section: key,
      folder: folder)
  }

  /// The mappings of the list under a key.
  func list(_ key: String) throws(ConfigurationError) -> [ConfigurationReader] {
    guard let node = members[key] else { return [] }
    guard case .list(let items) = node.value else { throw unexpected(key, "a list") }
    let full = path.isEmpty ? key : "\(path).\(key)"
    var readers: [ConfigurationReader] = []
    for (index, item) in items.enumerated() {
      readers.append(
        try ConfigurationReader(item, path: "\(full).\(index)", section: full, folder: folder))
    }
    return readers
  }
}

extension ConfigurationReader {
  /// Nil where the key is left out or null.
  func integer(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int? {
    guard let node = members[key], !isNull(key) else { return nil }
    switch node.value {
    case .integer(let value) where range.contains(value): return value
    case .number(let value):
      guard let whole = Int(exactly: value), range.contains(whole) else { break }
      return whole
    default: break
    }
    throw unexpected(key, Self.expected(range))
  }

  /// A whole number that may be left out but not be null.
  func integer(
    _ key: String, or standard: Int, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int {
    try required(key, or: standard, Self.expected(range), integer(key, in: range))
  }

  private static func expected(_ range: ClosedRange<Int>) -> String {
    "a whole number from \(range.lowerBound) to \(range.upperBound)"
  }

  /// Nil where the key is left out or null.
  func number(
    _ key: String, _ expected: String, where isFine: (Double) -> Bool
  ) throws(ConfigurationError) -> Double? {
    guard let node = members[key], !isNull(key) else { return nil }
    switch node.value {
    case .integer(let value) where isFine(Double(value)): return Double(value)
    case .number(let value) where isFine(value): return value
    default: throw unexpected(key, expected)
    }
  }

  /// Up to what a float32 holds easily.
  static let aboveZero = "a number above 0, up to 1e37"

  func positive(_ key: String) throws(ConfigurationError) -> Double? {
    try number(key, Self.aboveZero) { 0 < $0 && $0 <= 1e37 }
  }

  /// As `positive`, or 0; may be left out but not be null.
  func nonnegative(_ key: String, or standard: Double) throws(ConfigurationError) -> Double {
    let expected = "a number from 0 to 1e37"
    return try required(
      key, or: standard, expected, number(key, expected) { (0...1e37).contains($0) })
  }

  func fraction(_ key: String) throws(ConfigurationError) -> Double? {
    try number(key, "a number from 0 to 1") { (0...1).contains($0) }
  }

  /// A value that may be left out but not be null.
  func required<Value>(
    _ key: String, or standard: Value, _ expected: String, _ value: Value?
  ) throws(ConfigurationError) -> Value {
    guard isNull(key) else { return value ?? standard }
    throw unexpected(key, expected)
  }

  func flag(_ key: String, or standard: Bool) throws(ConfigurationError) -> Bool {
    guard let node = members[key] else { return standard }
    guard case .bool(let value) = node.value else { throw unexpected(key, "true or false") }
    return value
  }

  func text(_ key: String) throws(ConfigurationError) -> String? {
    guard let node = members[key], !isNull(key) else { return nil }
    switch node.value {
    case .text(let value) where !value.isEmpty: return value
    case .integer(let value): return String(value)
    default: throw unexpected(key, "a text that is not empty")
    }
  }

  func choice<Value>(
    _ key: String, or standard: Value, unavailable: [String] = []
  ) throws(ConfigurationError) -> Value
  where Value: RawRepresentable<String> & CaseIterable {
    guard let node = members[key] else { return standard }
    let expected = Value.allCases.map(\.rawValue).joined(separator: ", ")
    guard case .text(let word) = node.value else { throw unexpected(key, "one of: \(expected)") }
    guard !unavailable.contains(word) else {
      throw error(key, .unavailable(found: word, instead: "Use one of: \(expected)"))
    }
    guard let value = Value(rawValue: word) else { throw unexpected(key, "one of: \(expected)") }
    return value
  }

  /// An absolute path, nil where the key is left out or null.
  func file(_ key: String) throws(ConfigurationError) -> String? {
    guard let text = try text(key) else { return nil }
    return absolute(text)
  }

  /// One text or a list of them.
  func texts(_ key: String) throws(ConfigurationError) -> [String] {
    guard let node = members[key] else { throw error(key, .missing) }
    switch node.value {
    case .text(let text) where !text.isEmpty: return [text]
    case .list(let items):
      let texts = items.compactMap { item -> String? in
        guard case .text(let text) = item.value, !text.isEmpty else { return nil }
        return text
      }
      if texts.count == items.count, !texts.isEmpty { return texts }
    default: break
    }
    throw unexpected(key, "a folder or a list of folders")
  }

  func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return URL(fileURLWithPath: path).standardizedFileURL.path }
    guard let folder else { return path }
    return folder.appendingPathComponent(path).standardizedFileURL.path
  }
}
