import JSON

/// A value of a run file, with its place.
public struct ConfigurationNode: Sendable {
  public typealias Member = (key: String, node: ConfigurationNode)

  public enum Value: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([ConfigurationNode])
    case map([Member])
  }

  public var value: Value
  /// `run.yaml:12`, or the `--set`.
  public var place: String

  public init(_ value: Value, place: String = "") {
    self.value = value
    self.place = place
  }

  /// The value as an error shows it.
  public var shown: String {
    switch value {
    case .null: "null"
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .text(let value): "\"\(value.prefix(80))\""
    case .list: "a list"
    case .map: "a mapping"
    }
  }
}

extension ConfigurationNode {
  public var isNull: Bool {
    if case .null = value { true } else { false }
  }

  /// A whole number, also if it is written as 2.0 or 13e9.
  public var whole: Int? {
    switch value {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  public var number: Double? {
    switch value {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// A text that is not empty.
  public var text: String? {
    guard case .text(let text) = value, !text.isEmpty else { return nil }
    return text
  }

  public var items: [ConfigurationNode]? {
    guard case .list(let items) = value else { return nil }
    return items
  }
}

extension ConfigurationNode {
  public init(json: JSONValue, place: String) {
    self.place = place
    switch json {
    case .null: value = .null
    case .bool(let flag): value = .bool(flag)
    case .integer(let number): value = .integer(number)
    case .number(let number): value = .number(number)
    case .string(let text): value = .text(text)
    case .array(let items): value = .list(items.map { ConfigurationNode(json: $0, place: place) })
    case .object(let members):
      value = .map(
        members.sorted { $0.key < $1.key }
          .map { (key: $0.key, node: ConfigurationNode(json: $0.value, place: place)) })
    }
  }

  /// The same tree as JSON, without places and order.
  public var json: JSONValue {
    switch value {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text): .string(text)
    case .list(let items): .array(items.map(\.json))
    case .map(let members):
      .object(Dictionary(members.map { ($0.key, $0.node.json) }) { first, _ in first })
    }
  }
}
