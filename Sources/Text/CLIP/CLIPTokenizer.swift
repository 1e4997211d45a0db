import Foundation

/// CLIP's byte-level BPE with open_clip's cleaning: the same ids as open_clip 3.3.0.
///
/// Ids: 256 bytes, 256 bytes that end a word, one a merge, then start and end; with the whole of
/// CLIP's vocabulary 49,408. As in open_clip, a text that spells `<start_of_text>` or
/// `<end_of_text>` gets their ids, and padding is id 0, which is also the byte `!` inside a word.
public struct CLIPTokenizer: Tokenizer {
  /// Longer texts cannot be captions; repairing and normalising take more than linear time.
  public static let maximumTextBytes = 1 << 16
  public static let fileName = "merges.txt"

  public let vocabularySize: Int
  public let pad: Int32 = 0
  public let start: Int32
  public let end: Int32
  /// The used merges as Hugging Face's `merges.txt` has them, whichever file they came from.
  public let model: Data
  private let merges: CLIPMerges

  /// Reads the bytes of `bpe_simple_vocab_16e6.txt.gz`, packed or unpacked, or of a `merges.txt`;
  /// `name` is for errors.
  /// - Throws: `badGzip`, `badMerges`, `tooLarge`.
  public init(model: Data, name: String) throws(TextError) {
    merges = try CLIPMerges(model, name: name)
    start = Int32(merges.symbols.count)
    end = start + 1
    vocabularySize = merges.symbols.count + 2
    self.model = merges.text
  }

  public var fileName: String { Self.fileName }

  /// - Throws: `textTooLong`.
  public func encode(_ text: String) throws(TextError) -> [Int32] {
    let count = text.utf8.count
    guard count <= Self.maximumTextBytes else {
      throw TextError("text", .textTooLong(bytes: count, limit: Self.maximumTextBytes))
    }
    var ids: [Int32] = []
    for word in WordSplit.words(CaptionCleaning.clean(text)) {
      if word.elementsEqual(WordSplit.start) {
        ids.append(start)
      } else if word.elementsEqual(WordSplit.end) {
        ids.append(end)
      } else {
        ids += encode(word: word)
      }
    }
    return ids
  }

  private func encode(word: ArraySlice<Unicode.Scalar>) -> [Int32] {
    var symbols = word.flatMap(\.utf8).map { ByteSymbols.ids[Int($0)] }
    symbols[symbols.count - 1] += 256
    return merges.merge(symbols)
  }

  public func decode(_ ids: [Int32]) -> String {
    let bytes = ids.flatMap { $0 >= 0 && $0 < start ? merges.symbols[Int($0)] : [] }
    let space = UInt8(ascii: " ")
    let text = bytes.replacing(ByteSymbols.wordEnd, with: [space]).drop { $0 == space }
    let end = text.lastIndex { $0 != space }.map { $0 + 1 } ?? text.startIndex
    return String(decoding: text[..<end], as: UTF8.self)
  }
}
