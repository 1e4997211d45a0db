import Checkpoints
import JSON

/// A value of a run file with the place it stands at.
struct ConfigurationNode {
  enum Value {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([ConfigurationNode])
    case map([(key: String, node: ConfigurationNode)])
  }

  var value: Value
  /// `run.yaml:12`, or the `--set`.
  var place: String

  init(_ value: Value, place: String = "") {
    self.value = value
    self.place = place
  }

  /// For an error's text.
  var shown: String {
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
  init(json: JSONValue, place: String) {
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

  /// The same tree without places and order.
  var json: JSONValue {
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
