import Foundation

/// What a sample says in words and numbers: the parsed `KEY.txt`, `KEY.json` and `KEY.cls`.
public struct Annotation: Sendable, Equatable {
  /// `KEY.txt` first, then `KEY.json`'s captions; one that repeats `KEY.txt` is left out.
  public var captions: [String]
  public var labels: [String]
  /// Ready token ids, first and last included.
  public var tokens: [Int32]?
  /// The class in `KEY.cls`, from 0.
  public var classIndex: Int?

  public init(
    captions: [String] = [], labels: [String] = [], tokens: [Int32]? = nil, classIndex: Int? = nil
  ) {
    self.captions = captions
    self.labels = labels
    self.tokens = tokens
    self.classIndex = classIndex
  }
}

extension Sample {
  /// The sample's captions, labels, tokens and class; without these members it is empty.
  ///
  /// `KEY.json` is an object with `captions` (strings) or `caption` (a string), `labels` (strings)
  /// and `tokens` (integers); other keys are ignored.
  /// - Throws: `RecordError` with the key (and without a file) where a member cannot be understood.
  public func annotation() throws(RecordError) -> Annotation {
    do throws(RecordError.Reason) {
      return try parsedAnnotation()
    } catch {
      throw RecordError(file: "sample", key: key, reason: error)
    }
  }

  private func parsedAnnotation() throws(RecordError.Reason) -> Annotation {
    var result = Annotation()
    let details = try bytes("json").map(Details.init(json:))
    result.captions = (details?.captions ?? []) + (details?.caption.map { [$0] } ?? [])
    if let bytes = bytes("txt") {
      let caption = try Self.text(bytes, of: "KEY.txt", limit: RecordLimits.textBytes)
      if let repeated = result.captions.firstIndex(where: { $0.utf8.elementsEqual(caption.utf8) }) {
        result.captions.remove(at: repeated)
      }
      result.captions.insert(caption, at: 0)
    }
    result.labels = details?.labels ?? []
    result.tokens = details?.tokens
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

/// What is read of `KEY.json`.
private struct Details: Decodable {
  var captions: [String]?
  var caption: String?
  var labels: [String]?
  var tokens: [Int32]?

  /// Foundation's parser bounds the depth of nesting; the size is bounded here.
  init(json bytes: [UInt8]) throws(RecordError.Reason) {
    guard bytes.count <= RecordLimits.jsonBytes else {
      throw .tooLarge(what: "KEY.json", bytes: bytes.count, limit: RecordLimits.jsonBytes)
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw .annotation("KEY.json is not UTF-8")
    }
    do {
      self = try JSONDecoder().decode(Details.self, from: Data(bytes))
    } catch DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty
    {
      let path = context.codingPath.map(\.stringValue).joined(separator: " ")
      throw .annotation("KEY.json has a value of the wrong kind at `\(path)`")
    } catch {
      throw .annotation("KEY.json is not a JSON object with captions, labels and tokens")
    }
  }
}
