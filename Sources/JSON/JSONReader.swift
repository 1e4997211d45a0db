/// Reads JSON strictly (RFC 8259). Errors are: a name that is twice in an object, a lone surrogate,
/// bytes that are not UTF-8, numbers beyond `Double`, and text after the value. Depth is limited.
public struct JSONReader {
  static let depthLimit = 64

  private let bytes: [UInt8]
  private let readsNaN: Bool
  private var position = 0

  private init(_ bytes: [UInt8], readsNaN: Bool) {
    self.bytes = bytes
    self.readsNaN = readsNaN
  }

  /// - Parameter readsNaN: reads `NaN`, `Infinity` and `-Infinity` as null; Python writes them
  ///   although JSON has no such numbers.
  public static func read(_ bytes: [UInt8], readsNaN: Bool = false) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes, readsNaN: readsNaN)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.malformed("text after the value") }
    return value
  }

  private func malformed(_ what: String) -> JSONError {
    JSONError(.malformed(what), byte: position)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < JSONReader.depthLimit else { throw malformed("nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N") where readsNaN: return try word("NaN", .null)
    case UInt8(ascii: "I") where readsNaN: return try word("Infinity", .null)
    default: return try number()
    }
  }

  private mutating func word(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    for offset in 0..<text.utf8CodeUnitCount where !take(text.utf8Start[offset]) {
      throw malformed("unknown word")
    }
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw malformed("a name is missing") }
      let name = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw malformed("':' is missing") }
      let value = try value(depth: depth + 1)
      guard members.updateValue(value, forKey: name) == nil else {
        throw JSONError(.duplicate(name), byte: position)
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw malformed("',' or '}' is missing") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else { throw malformed("',' or ']' is missing") }
    }
  }
}

extension JSONReader {
  private mutating func digits() -> Int {
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    if take(UInt8(ascii: "-")), readsNaN, next == UInt8(ascii: "I") {
      return try word("Infinity", .null)
    }
    if !take(UInt8(ascii: "0")), digits() == 0 { throw malformed("a value is missing") }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      if digits() == 0 { throw malformed("digits are missing") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      if digits() == 0 { throw malformed("digits are missing") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw malformed("number out of range") }
    return .number(value)
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var units: [UInt8] = []
    while true {
      let plain = bytes[position...].prefix { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
      units += plain
      position += plain.count
      guard let byte = next else { break }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else {
          throw malformed("a string is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &units)
      default: throw malformed("a control character in a string")
      }
    }
    throw malformed("a string does not end")
  }

  private mutating func escape(into units: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw malformed("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"):
      units.append(contentsOf: Array(String(Character(try unicodeEscape())).utf8))
    default: throw malformed("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw malformed("a lone surrogate")
    }
    let second = try fourHexDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw malformed("a lone surrogate") }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("four hexadecimal digits are missing")
      }
      position += 1
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
