import Foundation
import JSON
import Records

/// An input's entry for one sample; its picture has not been read yet.
struct InputRow: Sendable, Equatable {
  /// Where a picture's bytes are.
  enum Picture: Sendable, Equatable {
    case file(String)
    /// In memory; the name is for errors.
    case bytes([UInt8], name: String)
  }

  /// The keys of a JSON row that have a meaning of their own.
  static let keys: Set<String> = ["file", "caption", "captions", "labels", "tokens", "cls"]

  /// The picture's path relative to the root, with `/` between its parts; the key is made from it.
  var path = ""
  var picture = Picture.file("")
  var captions: [String] = []
  var labels: [String] = []
  var tokens: [Int32] = []
  var classIndex: Int?
  /// The sample's other values, which are kept in `KEY.json`.
  var others: [String: JSONValue] = [:]

  /// The members that hold everything but the picture: `txt`, `json` and `cls`, each where needed.
  func textFields() -> [Field] {
    var fields: [Field] = []
    if let first = captions.first { fields.append(Field(suffix: "txt", bytes: Array(first.utf8))) }
    var details = others
    if captions.count > 1 { details["captions"] = .array(captions.map { .string($0) }) }
    if !labels.isEmpty { details["labels"] = .array(labels.map { .string($0) }) }
    if !tokens.isEmpty { details["tokens"] = .array(tokens.map { .integer(Int($0)) }) }
    if !details.isEmpty {
      fields.append(Field(suffix: "json", bytes: Array(JSONValue.object(details).text().utf8)))
    }
    if let classIndex { fields.append(Field(suffix: "cls", bytes: Array("\(classIndex)".utf8))) }
    return fields
  }

  /// Whether it has nothing that training could read as text.
  var isTextless: Bool { captions.isEmpty && labels.isEmpty && tokens.isEmpty }

  /// The other keys that hold texts, sorted.
  var otherTexts: [String] { others.filter { $0.value.holdsText }.keys.sorted() }

  /// Sets where the picture is.
  mutating func locate(_ path: String, in root: InputRoot) throws(PackingError.Reason) {
    let (relative, file) = try root.resolve(path)
    (self.path, picture) = (relative, .file(file))
  }

  /// Adds a caption, trimmed, unless it is empty or there already.
  mutating func add(caption: String) {
    let caption = caption.trimmingSpace
    if !caption.isEmpty, !captions.contains(caption) { captions.append(caption) }
  }
}

extension InputRow {
  /// Takes captions, labels, tokens and class from a JSON object; other keys are kept.
  ///
  /// A row without any of them takes its caption from the first usual key that it has. Where a key
  /// is given for captions or labels, only that one counts.
  mutating func take(json: [UInt8], columns: ColumnNames) throws(PackingError.Reason) {
    var object = try JSONValue.object(reading: json)
    let own = (object.removeValue(forKey: "caption"), object.removeValue(forKey: "captions"))
    if let name = columns.caption {
      for caption in try object.removeValue(forKey: name)?.texts(named: name) ?? [] {
        add(caption: caption)
      }
    } else {
      if let caption = own.0 { add(caption: try caption.text(named: "caption")) }
      for caption in try own.1?.strings(named: "captions") ?? [] { add(caption: caption) }
    }
    let labels = object.removeValue(forKey: "labels")
    if let name = columns.labels {
      self.labels += try object.removeValue(forKey: name)?.labels(named: name) ?? []
    } else {
      self.labels += try labels?.strings(named: "labels") ?? []
    }
    tokens = try object.removeValue(forKey: "tokens")?.tokens() ?? tokens
    classIndex = try object.removeValue(forKey: "cls")?.classIndex() ?? classIndex
    if isTextless, columns.caption == nil {
      for name in Column.caption.customary {
        guard captions.isEmpty, case .string(let text)? = object[name] else { continue }
        add(caption: text)
        object.removeValue(forKey: name)
      }
    }
    others.merge(object) { $1 }
  }
}

extension String {
  var trimmingSpace: String { trimmingCharacters(in: .whitespacesAndNewlines) }

  /// The parts between commas, trimmed, without empty ones.
  var dividedByCommas: [String] {
    split(separator: ",").map { String($0).trimmingSpace }.filter { !$0.isEmpty }
  }
}
