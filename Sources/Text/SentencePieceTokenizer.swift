import CSentencePiece
import Foundation

/// A SentencePiece model of any type (unigram, BPE, …).
///
/// Encoding and decoding only read the model, so any number of threads may call them at once.
public struct SentencePieceTokenizer: Tokenizer {
  /// Larger files cannot be tokenizers: 256,000 pieces take about 5 MB.
  public static let maximumModelBytes = 64 << 20
  /// Longer texts cannot be captions; SentencePiece's cost grows with the length.
  public static let maximumTextBytes = 1 << 20
  public static let fileName = "tokenizer.model"

  public let vocabularySize: Int
  public let pad: Int32
  public let start: Int32
  public let end: Int32
  /// The id for what the model cannot spell; not used with byte fallback.
  public let unknown: Int32
  public let model: Data
  private let processor: Processor

  /// - Throws: `unreadable`, `tooLarge`, and what `init(model:name:)` throws.
  public init(file: URL) throws(TextError) {
    let model = try FileBytes.read(file, limit: Self.maximumModelBytes)
    try self.init(model: model, name: file.path)
  }

  /// Reads a model file's bytes; `name` is for errors.
  /// - Throws: `notATokenizer`, `missingSpecial` (a model without start or end), `tooLarge`.
  public init(model: Data, name: String) throws(TextError) {
    guard model.count <= Self.maximumModelBytes else {
      throw TextError(name, .tooLarge(bytes: model.count, limit: Self.maximumModelBytes))
    }
    if let fault = CharacterMap.fault(inModel: model) {
      throw TextError(name, .notATokenizer(fault))
    }
    let processor = try Processor(model: model, name: name)
    let sizes = try processor.sizes(name: name)
    guard sizes.pieces > 0 else { throw TextError(name, .notATokenizer("it has no pieces")) }
    func special(_ id: Int32, _ what: String) throws(TextError) -> Int32 {
      guard id >= 0, id < sizes.pieces else { throw TextError(name, .missingSpecial(what)) }
      return id
    }
    start = try special(sizes.start, "start (bos)")
    end = try special(sizes.end, "end (eos)")
    unknown = try special(sizes.unknown, "unknown (unk)")
    // Captions are packed, so a model without padding can be used: the end id takes its place.
    pad = sizes.pad < 0 ? end : try special(sizes.pad, "padding (pad)")
    vocabularySize = Int(sizes.pieces)
    self.model = model
    self.processor = processor
  }

  public var fileName: String { Self.fileName }

  /// The ids of start, end and padding never come from a text.
  public func encode(_ text: String) throws(TextError) -> [Int32] {
    var text = text
    var ids = sp_ids(), failure = sp_failure()
    let (done, length) = text.withUTF8 { bytes in
      if bytes.count > Self.maximumTextBytes { return (false, bytes.count) }
      return bytes.withMemoryRebound(to: CChar.self) {
        (sp_encode(processor.pointer, $0.baseAddress, $0.count, &ids, &failure), bytes.count)
      }
    }
    if length > Self.maximumTextBytes {
      throw TextError("text", .textTooLong(bytes: length, limit: Self.maximumTextBytes))
    }
    guard done else { throw TextError("text", .notEncodable(failure.message)) }
    defer { free(ids.values) }
    return UnsafeBufferPointer(start: ids.values, count: ids.count).filter { !isMark($0) }
  }

  public func decode(_ ids: [Int32]) -> String {
    let known = ids.filter { $0 >= 0 && $0 < vocabularySize && !isMark($0) }
    var bytes = sp_bytes(), failure = sp_failure()
    guard sp_decode(processor.pointer, known, known.count, &bytes, &failure) else { return "" }
    defer { free(bytes.bytes) }
    let raw = UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.count)
    return String(decoding: raw, as: UTF8.self)
  }

  private func isMark(_ id: Int32) -> Bool { id == start || id == end || id == pad }
}

/// Owns a loaded model. Immutable after `init`, and SentencePiece's const methods are safe to
/// call from several threads, which is why it may be shared.
private final class Processor: @unchecked Sendable {
  let pointer: OpaquePointer

  init(model: Data, name: String) throws(TextError) {
    var failure = sp_failure()
    var loaded: OpaquePointer?
    let done = model.withUnsafeBytes { sp_load($0.baseAddress, $0.count, &loaded, &failure) }
    guard done, let loaded else { throw TextError(name, .notATokenizer(failure.message)) }
    pointer = loaded
  }

  deinit { sp_free(pointer) }

  func sizes(name: String) throws(TextError) -> sp_sizes {
    var sizes = sp_sizes(), failure = sp_failure()
    guard sp_get_sizes(pointer, &sizes, &failure) else {
      throw TextError(name, .notATokenizer(failure.message))
    }
    return sizes
  }
}

extension sp_failure {
  /// The library's message without its source position, on one line.
  var message: String {
    let text = withUnsafeBytes(of: text) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    var words = text.replacing("\n", with: " ").trimmingCharacters(in: .whitespaces)
    if words.hasPrefix("Internal: ") { words.removeFirst("Internal: ".count) }
    if words.contains(".cc("), let end = words.range(of: ")] ") {
      words = String(words[end.upperBound...])
    }
    while words.hasSuffix(".") { words.removeLast() }
    return words.isEmpty ? "the library gives no reason" : words
  }
}
