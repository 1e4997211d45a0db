import CSentencePiece
import Foundation

/// Trains a tokenizer on texts.
///
/// The model is SentencePiece's unigram (its default). Each text gets its likeliest segmentation,
/// which keeps stems and endings whole more often than ordered merges do, and training may stop at
/// a smaller vocabulary where there are few texts. Text is normalised by `nmt_nfkc`; what the
/// vocabulary cannot spell becomes bytes, so no text is lost.
public struct TokenizerTraining: Sendable {
  /// The number of pieces to aim for; 4 special ones and 256 bytes are among them.
  public var vocabulary: Int
  /// The share of all characters that get pieces of their own; the others are spelt in bytes.
  public var characterCoverage = 0.9995

  /// Longer texts are cut to this length: a caption's context is far shorter.
  public static let maximumTextBytes = 4096
  /// SentencePiece keeps all texts in memory, and a suffix array with 32-bit indices.
  public static let maximumTotalBytes = 2 << 30

  public init(vocabulary: Int) { self.vocabulary = vocabulary }

  /// A trained tokenizer, and what it was trained on.
  public struct Result: Sendable {
    public let tokenizer: SentencePieceTokenizer
    public let texts: Int
    public let bytes: Int
  }

  /// Trains a tokenizer on the texts that `next` returns until it returns nil.
  ///
  /// Ids: pad 0, unknown 1, start 2, end 3. The vocabulary is smaller than asked where the texts do
  /// not have that many pieces. The same texts in the same order give the same bytes.
  /// - Throws: what `next` throws, and `TextError`: `noTexts`, `vocabularyOutOfRange`,
  ///   `vocabularyTooSmall`, `untrainable`, `tooMuchText` (above `maximumTotalBytes`).
  public func train(next: () throws -> String?) throws -> Result {
    // 4 special pieces, 256 bytes, and at least one of text.
    let range = 261...1_000_000
    guard range.contains(vocabulary) else {
      throw TextError("vocabulary", .vocabularyOutOfRange(asked: vocabulary, range))
    }
    return try withoutActuallyEscaping(next) { next in
      let feed = Feed(next: next)
      let model = try run(feed)
      let tokenizer = try SentencePieceTokenizer(model: model, name: "the trained tokenizer")
      return Result(tokenizer: tokenizer, texts: feed.texts, bytes: feed.bytes)
    }
  }

  private func run(_ feed: Feed) throws -> Data {
    let names = options.map { strdup($0.0) }
    let values = options.map { strdup($0.1) }
    defer { (names + values).forEach { free($0) } }
    var out = sp_bytes(), failure = sp_failure()
    let done = sp_train(
      names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, names.count,
      { context, text, count in
        guard let context, let text, let count else { return sp_next_failed }
        let feed = Unmanaged<Feed>.fromOpaque(context).takeUnretainedValue()
        return feed.advance(&text.pointee, &count.pointee)
      }, Unmanaged.passUnretained(feed).toOpaque(), &out, &failure)
    if let error = feed.error { throw error }
    if feed.texts == 0 { throw TextError("tokenizer", .noTexts) }
    guard done else { throw TextError("tokenizer", reason(failure.message)) }
    defer { free(out.bytes) }
    return Data(bytes: out.bytes, count: out.count)
  }

  private func reason(_ message: String) -> TextError.Reason {
    guard message.contains("required_chars") || message.contains("Vocabulary size is") else {
      return .untrainable(message)
    }
    // "Vocabulary size is smaller than required_chars. 270 vs 285. Increase …"
    let behind = message.components(separatedBy: " vs ").dropFirst().first
    let needed = behind.flatMap { Int($0.prefix { $0.isNumber }) }
    return .vocabularyTooSmall(asked: vocabulary, needed: needed)
  }

  private var options: [(String, String)] {
    [
      ("model_type", "unigram"), ("vocab_size", String(vocabulary)),
      ("hard_vocab_limit", "false"), ("byte_fallback", "true"),
      ("character_coverage", String(characterCoverage)),
      ("pad_id", "0"), ("unk_id", "1"), ("bos_id", "2"), ("eos_id", "3"),
      ("max_sentence_length", String(Self.maximumTextBytes)),
      // The sums of expectations are added thread by thread: another number of threads, other bits.
      ("num_threads", "16"),
      ("minloglevel", "2"),
    ]
  }
}

/// Gives the library the texts, one at a time.
private final class Feed {
  private let next: () throws -> String?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: TokenizerTraining.maximumTextBytes, alignment: 16)
  private(set) var texts = 0
  private(set) var bytes = 0
  private(set) var error: (any Error)?

  init(next: @escaping () throws -> String?) { self.next = next }

  deinit { buffer.deallocate() }

  func advance(_ text: inout UnsafePointer<CChar>?, _ count: inout Int) -> sp_next {
    do {
      while let candidate = try next() {
        let clean = Self.clean(candidate)
        if clean.isEmpty { continue }
        texts += 1
        bytes += clean.count
        let limit = TokenizerTraining.maximumTotalBytes
        if bytes > limit { throw TextError("texts", .tooMuchText(limit: limit)) }
        buffer.copyBytes(from: clean)
        text = buffer.baseAddress.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
        count = clean.count
        return sp_next_text
      }
      return sp_next_end
    } catch {
      self.error = error
      return sp_next_failed
    }
  }

  /// UTF-8 without control characters (the library skips texts with tabs), cut between scalars.
  private static func clean(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.trimmingCharacters(in: .whitespacesAndNewlines).unicodeScalars {
      let plain = scalar.properties.generalCategory == .control ? " " : scalar
      let encoded = UTF8.encode(plain) ?? UTF8.encodedReplacementCharacter
      if bytes.count + encoded.count > TokenizerTraining.maximumTextBytes { break }
      bytes.append(contentsOf: encoded)
    }
    return bytes
  }
}
