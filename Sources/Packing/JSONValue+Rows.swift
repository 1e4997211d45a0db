import JSON

extension PackingError.Reason: Error {}

extension JSONValue {
  /// The members of an object; Python's NaN is read as null.
  static func object(reading bytes: [UInt8]) throws(PackingError.Reason) -> [String: JSONValue] {
    do throws(JSONError) {
      guard case .object(let members) = try JSONReader.read(bytes, readsNaN: true) else {
        throw JSONError(.malformed("another value"), byte: 0)
      }
      return members
    } catch {
      throw .row("not a JSON object (\(error.text))")
    }
  }

  /// The text; null is empty.
  func text(named name: String) throws(PackingError.Reason) -> String {
    switch self {
    case .string(let text): return text
    case .null: return ""
    default: throw .row("`\(name)` is not a text")
    }
  }

  /// The texts of a list, trimmed, without empty ones.
  func strings(named name: String) throws(PackingError.Reason) -> [String] {
    switch self {
    case .null: return []
    case .array(let values):
      var texts: [String] = []
      for value in values {
        let text = try value.text(named: name).trimmingSpace
        if !text.isEmpty { texts.append(text) }
      }
      return texts
    default: throw .row("`\(name)` is not a list of texts")
    }
  }

  /// Whether it is a text or a list with one.
  var holdsText: Bool { string != nil || array?.contains { $0.string != nil } == true }

  /// One text or a list of them.
  func texts(named name: String) throws(PackingError.Reason) -> [String] {
    if case .string(let text) = self { return [text] }
    return try strings(named: name)
  }

  /// A list of labels, or one text of labels separated by commas.
  func labels(named name: String) throws(PackingError.Reason) -> [String] {
    if case .string(let text) = self { return text.dividedByCommas }
    return try strings(named: name)
  }

  func tokens() throws(PackingError.Reason) -> [Int32] {
    if case .null = self { return [] }
    guard case .array(let values) = self else { throw .row("`tokens` is not a list of ids") }
    var ids: [Int32] = []
    for value in values {
      guard case .integer(let number) = value, let id = Int32(exactly: number), id >= 0 else {
        throw .row("`tokens` holds other values than ids from 0 to \(Int32.max)")
      }
      ids.append(id)
    }
    return ids
  }

  func classIndex() throws(PackingError.Reason) -> Int? {
    switch self {
    case .null: return nil
    case .integer(let number) where (0...Int(Int32.max)).contains(number): return number
    default: throw .row("`cls` is not a number from 0 to \(Int32.max)")
    }
  }
}
