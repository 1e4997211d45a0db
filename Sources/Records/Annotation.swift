import JSON

/// The annotations of a sample: the contents of `KEY.txt`, `KEY.json` and `KEY.cls`.
public struct Annotation: Sendable, Equatable {
  /// `KEY.txt` first, then `KEY.json`'s captions; a caption that repeats `KEY.txt` is left out.
  public var captions: [String]
  public var labels: [String]
  /// Ready token ids, first and last included.
  public var tokens: [Int32]?
  /// The class in `KEY.cls`, from 0.
  public var classIndex: Int?
  /// Texts under other keys of `KEY.json`, those that were asked for and exist.
  public var texts: [String: [String]]

  public init(
    captions: [String] = [], labels: [String] = [], tokens: [Int32]? = nil, classIndex: Int? = nil,
    texts: [String: [String]] = [:]
  ) {
    self.texts = texts
    self.captions = captions
    self.labels = labels
    self.tokens = tokens
    self.classIndex = classIndex
  }
}

extension Sample {
  /// The sample's captions, labels, tokens and class; empty where it has none of these members.
  ///
  /// `KEY.json` is an object with `captions` (strings) or `caption` (a string), `labels` (strings)
  /// and `tokens` (integers); other keys are ignored.
  /// - Parameter keys: other keys to read; their values are a text or a list of texts.
  /// - Throws: `RecordError` with the key (but without a file) where a member cannot be understood.
  public func annotation(keys: [String] = []) throws(RecordError) -> Annotation {
    do throws(RecordError.Reason) {
      return try parsedAnnotation(keys)
    } catch {
      throw RecordError(file: "sample", key: key, reason: error)
    }
  }

  private func parsedAnnotation(_ keys: [String]) throws(RecordError.Reason) -> Annotation {
    var result = Annotation()
    if let bytes = bytes("json") { try Self.take(json: bytes, keys, into: &result) }
    if let bytes = bytes("txt") {
      let caption = try Self.text(bytes, of: "KEY.txt", limit: RecordLimits.textBytes)
      if let repeated = result.captions.firstIndex(where: { $0.utf8.elementsEqual(caption.utf8) }) {
        result.captions.remove(at: repeated)
      }
      result.captions.insert(caption, at: 0)
    }
    result.classIndex = try bytes("cls").map(Self.classIndex)
    return result
  }

  private static func classIndex(_ bytes: [UInt8]) throws(RecordError.Reason) -> Int {
    let digits = try text(bytes, of: "KEY.cls", limit: 32)
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int32(digits) else {
      throw .annotation("KEY.cls is not a decimal number from 0 to \(Int32.max)")
    }
    return Int(value)
  }

  /// UTF-8 text without its last newline.
  private static func text(
    _ bytes: [UInt8], of member: String, limit: Int
  ) throws(RecordError.Reason) -> String {
    guard bytes.count <= limit else {
      throw .tooLarge(what: member, bytes: bytes.count, limit: limit)
    }
    var end = bytes.count
    if end > 0, bytes[end - 1] == 0x0A { end -= 1 }
    if end < bytes.count, end > 0, bytes[end - 1] == 0x0D { end -= 1 }
    guard let text = String(validating: bytes[..<end], as: UTF8.self) else {
      throw .annotation("\(member) is not UTF-8")
    }
    return text
  }
}

extension Sample {
  /// The JSON reader limits the depth of nesting; this limits the size.
  private static func take(
    json bytes: [UInt8], _ keys: [String], into result: inout Annotation
  ) throws(RecordError.Reason) {
    guard bytes.count <= RecordLimits.jsonBytes else {
      throw .tooLarge(what: "KEY.json", bytes: bytes.count, limit: RecordLimits.jsonBytes)
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(bytes, readsNaN: true)
    } catch {
      throw .annotation("KEY.json is not JSON: \(error.text)")
    }
    guard case .object(let members) = value else {
      throw .annotation("KEY.json is not a JSON object with captions, labels and tokens")
    }
    result.captions = try strings(members, "captions") ?? []
    if let caption = members["caption"], caption != .null {
      guard let text = caption.string else { throw wrongKind("caption") }
      result.captions.append(text)
    }
    result.labels = try strings(members, "labels") ?? []
    if let tokens = members["tokens"], tokens != .null {
      let ids = tokens.array?.compactMap { $0.integer.flatMap { Int32(exactly: $0) } }
      guard let ids, ids.count == tokens.array?.count else { throw wrongKind("tokens") }
      result.tokens = ids
    }
    for key in keys {
      if let text = members[key]?.string {
        result.texts[key] = [text]
      } else {
        result.texts[key] = try strings(members, key)
      }
    }
  }

  /// The texts of a list; nil where the key is missing or null.
  private static func strings(
    _ members: [String: JSONValue], _ key: String
  ) throws(RecordError.Reason) -> [String]? {
    guard let value = members[key], value != .null else { return nil }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else { throw wrongKind(key) }
    return texts
  }

  private static func wrongKind(_ key: String) -> RecordError.Reason {
    .annotation("KEY.json has a value of the wrong kind at `\(key)`")
  }
}
