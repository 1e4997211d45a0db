import Foundation
import Records

/// What an input says of one sample, the picture's bytes not read yet.
struct InputRow: Sendable, Equatable {
  /// The picture's path relative to the root, `/` between its parts; gives the key.
  var path: String
  /// Where the picture is.
  var file: String
  var captions: [String] = []
  var labels: [String] = []
  var tokens: [Int32] = []
  var classIndex: Int?
  /// What else a JSON row holds.
  var others: [String: JSONValue] = [:]

  /// The members that hold all but the picture: `txt`, `json` and `cls`, each where needed.
  func textFields() throws(PackingError) -> [Field] {
    var fields: [Field] = []
    if let first = captions.first { fields.append(Field(suffix: "txt", bytes: Array(first.utf8))) }
    var details = others
    if captions.count > 1 { details["captions"] = .list(captions.map { .text($0) }) }
    if !labels.isEmpty { details["labels"] = .list(labels.map { .text($0) }) }
    if !tokens.isEmpty { details["tokens"] = .list(tokens.map { .integer(Int64($0)) }) }
    if !details.isEmpty {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      guard let json = try? encoder.encode(details) else {
        throw PackingError(path, .row("it holds a number that JSON cannot spell"))
      }
      fields.append(Field(suffix: "json", bytes: Array(json)))
    }
    if let classIndex { fields.append(Field(suffix: "cls", bytes: Array("\(classIndex)".utf8))) }
    return fields
  }

  /// Takes captions, labels, tokens and class from a JSON object; other keys are kept.
  mutating func take(json text: String, at place: String) throws(PackingError) -> JSONValue? {
    guard var object = try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))
    else { throw PackingError(place, .row("not a JSON object")) }
    do throws(PackingError.Reason) {
      if let caption = object.removeValue(forKey: "caption") {
        add(caption: try caption.string(named: "caption"))
      }
      for caption in try object.removeValue(forKey: "captions")?.strings(named: "captions") ?? [] {
        add(caption: caption)
      }
      labels += try object.removeValue(forKey: "labels")?.strings(named: "labels") ?? []
      tokens = try object.removeValue(forKey: "tokens")?.tokens() ?? tokens
      classIndex = try object.removeValue(forKey: "cls")?.classIndex() ?? classIndex
    } catch {
      throw PackingError(place, error)
    }
    let file = object.removeValue(forKey: "file")
    others = object
    return file
  }

  /// Adds a caption, trimmed; an empty one, or one that is there already, is left out.
  mutating func add(caption: String) {
    let caption = caption.trimmingCharacters(in: .whitespacesAndNewlines)
    if !caption.isEmpty, !captions.contains(caption) { captions.append(caption) }
  }
}

extension PackingError.Reason: Error {}

extension JSONValue {
  /// The text; null is empty.
  func string(named name: String) throws(PackingError.Reason) -> String {
    switch self {
    case .text(let text): return text
    case .null: return ""
    default: throw .row("`\(name)` is not a text")
    }
  }

  func strings(named name: String) throws(PackingError.Reason) -> [String] {
    switch self {
    case .null: return []
    case .list(let values):
      var texts: [String] = []
      for value in values {
        let text = try value.string(named: name).trimmingCharacters(in: .whitespacesAndNewlines)
        if !text.isEmpty { texts.append(text) }
      }
      return texts
    default: throw .row("`\(name)` is not a list of texts")
    }
  }

  func tokens() throws(PackingError.Reason) -> [Int32] {
    if case .null = self { return [] }
    guard case .list(let values) = self else { throw .row("`tokens` is not a list of ids") }
    var ids: [Int32] = []
    for value in values {
      guard case .integer(let number) = value, let id = Int32(exactly: number), id >= 0 else {
        throw .row("`tokens` holds something else than ids from 0 to \(Int32.max)")
      }
      ids.append(id)
    }
    return ids
  }

  func classIndex() throws(PackingError.Reason) -> Int? {
    switch self {
    case .null: return nil
    case .integer(let number) where (0...Int64(Int32.max)).contains(number): return Int(number)
    default: throw .row("`cls` is not a number from 0 to \(Int32.max)")
    }
  }
}
