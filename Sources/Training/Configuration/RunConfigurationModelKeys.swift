import CoCaModel
import JSON

/// A mapping of a model's own keys, each checked where it stands.
struct ModelKeys {
  private typealias Kind = ModelConfiguration.Kind

  /// All but `preset`; every value is of its key's kind.
  let tree: JSONValue
  /// What the keys stand on, where they name it.
  let preset: String?

  init(_ node: ConfigurationNode) throws(ConfigurationError) {
    var kinds = ModelConfiguration.keys
    kinds["preset"] = .choice(ModelConfiguration.presetNames)
    var values = try Self.mapping(node, kinds, "model")
    preset = values.removeValue(forKey: "preset")?.string
    tree = .object(values)
  }

  private static func mapping(
    _ node: ConfigurationNode, _ kinds: [String: Kind], _ path: String
  ) throws(ConfigurationError) -> [String: JSONValue] {
    guard case .map(let members) = node.value else {
      throw ConfigurationError(
        node.place, path, .unexpected(found: node.shown, expected: "a mapping"))
    }
    var values: [String: JSONValue] = [:]
    for (name, member) in members {
      let key = "\(path).\(name)"
      guard let kind = kinds[name] else {
        throw ConfigurationError(
          member.place, key, .unknownKey(suggestion: suggestion(for: name, among: kinds)))
      }
      values[name] = try value(member, kind, key)
    }
    return values
  }

  private static func value(
    _ node: ConfigurationNode, _ kind: Kind, _ key: String
  ) throws(ConfigurationError) -> JSONValue {
    if case .mapping(let kinds) = kind { return .object(try mapping(node, kinds, key)) }
    guard let value = kind.reading(node.json) else {
      throw ConfigurationError(
        node.place, key, .unexpected(found: node.shown, expected: kind.expected))
    }
    return value
  }

  private static func suggestion(for name: String, among kinds: [String: Kind]) -> String? {
    if RunConfigurationHints.openClipModel.contains(name) {
      return RunConfigurationHints.openClipModelRemedy
    }
    let nearest = kinds.keys.sorted().min {
      RunConfigurationKeys.editDistance($0, name) < RunConfigurationKeys.editDistance($1, name)
    }
    return nearest.map { "The nearest known is \($0)" }
  }
}

extension ModelConfiguration.Kind {
  /// The value as a configuration has it; nil for one of another kind.
  fileprivate func reading(_ value: JSONValue) -> JSONValue? {
    switch (self, value) {
    case (.whole, .integer), (.number, .integer), (.number, .number), (.flag, .bool),
      (.optional, .null):
      return value
    case (.optional(let kind), _): return kind.reading(value)
    case (.whole, .number(let number)): return Int(exactly: number).map(JSONValue.integer)
    case (.choice(let words), .string(let word)): return words.contains(word) ? value : nil
    case (.extent, .array(let items)):
      let sides = items.compactMap { Self.whole.reading($0) }
      return items.count == 2 && sides.count == 2 ? .array(sides) : nil
    case (.extent, _): return Self.whole.reading(value)
    case (.colours(let range), .array(let items)):
      let numbers = items.compactMap(\.float).filter { range.contains($0) }
      return items.count == 3 && numbers.count == 3 ? value : nil
    default: return nil
    }
  }

  fileprivate var expected: String {
    switch self {
    case .whole: "a whole number"
    case .number: "a number"
    case .flag: "true or false"
    case .choice(let words): "one of: " + words.joined(separator: ", ")
    case .extent: "a whole number or [height, width]"
    case .colours(let range): "three numbers from \(range.lowerBound) to \(range.upperBound)"
    case .optional(let kind): "\(kind.expected) or null"
    case .mapping: "a mapping"
    }
  }
}

extension JSONValue {
  fileprivate var float: Float? {
    switch self {
    case .integer(let value): Float(value)
    case .number(let value): Float(value)
    default: nil
    }
  }
}
