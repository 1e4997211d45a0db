import Foundation

/// A JSON tree that keeps whole numbers apart from others.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The value of a key; nil where this is not an object or has no such key.
  public subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  public var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  public var array: [JSONValue]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  public var object: [String: JSONValue]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// The tree as JSON text, keys sorted; reading it again gives an equal tree.
  ///
  /// Numbers that are not finite, which JSON does not have, become null.
  /// - Parameter indented: two spaces per level, on several lines, instead of one line.
  public func text(indented: Bool = false) -> String {
    var out = ""
    write(to: &out, indent: indented ? "\n" : nil)
    return out
  }

  /// Decodes a value of a `Decodable` type from this tree.
  public func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text().utf8))
  }

  /// The tree that an `Encodable` value encodes to.
  public init(encoding value: some Encodable) throws {
    let bytes = [UInt8](try JSONEncoder().encode(value))
    self = try JSONReader.read(bytes)
  }

  private func write(to out: inout String, indent: String?) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .number(let value): out += value.isFinite ? value.description : "null"
    case .string(let value): JSONValue.quote(value, into: &out)
    case .array(let values):
      JSONValue.list(values, "[", "]", into: &out, indent: indent) { value, out, inner in
        value.write(to: &out, indent: inner)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key < $1.key }
      JSONValue.list(sorted, "{", "}", into: &out, indent: indent) { member, out, inner in
        JSONValue.quote(member.key, into: &out)
        out += inner == nil ? ":" : ": "
        member.value.write(to: &out, indent: inner)
      }
    }
  }

  private static func list<Item>(
    _ items: [Item], _ open: String, _ close: String, into out: inout String, indent: String?,
    each: (Item, inout String, String?) -> Void
  ) {
    let inner = indent.map { $0 + "  " }
    out += open
    for (index, item) in items.enumerated() {
      if index > 0 { out += "," }
      out += inner ?? ""
      each(item, &out, inner)
    }
    if !items.isEmpty { out += indent ?? "" }
    out += close
  }

  private static func quote(_ text: String, into out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}

extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// - Precondition: keys differ.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
}
