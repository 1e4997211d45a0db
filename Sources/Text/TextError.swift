/// Why a text, a tokenizer or a file of prompts could not be used.
public struct TextError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The file could not be read or written; the text is the system's.
    case unreadable(String), unwritable(String)
    case tooLarge(bytes: Int, limit: Int)
    /// The bytes are neither a SentencePiece model nor CLIP's merges; the text is the library's
    /// or this program's.
    case notATokenizer(String)
    case badGzip(String)
    case badMerges(line: Int, String)
    case missingSpecial(String)
    case badPrompt(line: Int, String)
    /// SentencePiece refused the text.
    case notEncodable(String)
    case textTooLong(bytes: Int, limit: Int)
    case noTexts
    case tooMuchText(limit: Int)
    /// Training failed; the text is the library's.
    case untrainable(String)
    case vocabularyOutOfRange(asked: Int, ClosedRange<Int>)
    /// The vocabulary is too small for the characters and bytes it must have; `needed` where known.
    case vocabularyTooSmall(asked: Int, needed: Int?)
  }

  /// A file, or the work that failed.
  public var place: String
  public var reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var description: String { "\(place): \(reason.text). \(reason.remedy)" }

  /// The exit code of a command: 64 usage, 65 bad data, 74 input or output.
  public var exitCode: Int32 {
    switch reason {
    case .unreadable, .unwritable: 74
    case .vocabularyOutOfRange, .vocabularyTooSmall, .tooMuchText: 64
    default: 65
    }
  }
}

extension TextError.Reason {
  var text: String {
    switch self {
    case .unreadable(let why): "cannot be read (\(why))"
    case .unwritable(let why): "cannot be written (\(why))"
    case .tooLarge(let bytes, let limit): "\(bytes) bytes, more than the limit of \(limit)"
    case .notATokenizer(let why): "neither a SentencePiece model (\(why)) nor CLIP's merges"
    case .badGzip(let why): "the gzip file is \(why)"
    case .badMerges(let line, let why): "line \(line) of CLIP's merges \(why)"
    case .missingSpecial(let name): "the model has no \(name) id inside its vocabulary"
    case .badPrompt(let line, let why): "line \(line): \(why)"
    case .notEncodable(let why): "the text cannot be encoded (\(why))"
    case .textTooLong(let bytes, let limit):
      "the text has \(bytes) bytes, more than the limit of \(limit)"
    case .tooMuchText(let limit): "more than \(limit) bytes of text to learn from"
    case .noTexts: "there are no texts to learn from"
    case .untrainable(let why): "no tokenizer could be trained (\(why))"
    case .vocabularyOutOfRange(let asked, let range):
      "\(asked) is not from \(range.lowerBound) to \(range.upperBound)"
    case .vocabularyTooSmall(let asked, _):
      "a vocabulary of \(asked) is too small for all bytes and the characters of these texts"
    }
  }

  var remedy: String {
    switch self {
    case .unreadable: "Check the path and its permissions."
    case .unwritable: "Check the folder, its permissions and the space left."
    case .tooLarge, .notATokenizer:
      "Give a tokenizer.model made by `coca-shard tokenizer` or SentencePiece, or CLIP's "
        + "bpe_simple_vocab_16e6.txt.gz."
    case .badGzip, .badMerges:
      "Copy bpe_simple_vocab_16e6.txt.gz again from open_clip, or merges.txt from a CLIP model."
    case .missingSpecial: "Train it with start (bos) and end (eos) pieces."
    case .badPrompt: "Write one prompt a line, each with one {} for the name; # begins a comment."
    case .textTooLong: "Shorten it: the model reads only the first few dozen pieces."
    case .tooMuchText: "Lower --limit: a sample of the texts is enough."
    case .notEncodable: "Check the text or the tokenizer."
    case .noTexts: "Name datasets that hold captions or labels, or choose another --text."
    case .untrainable: "Give more or other texts, or another vocabulary."
    case .vocabularyOutOfRange: "Ask for a number of pieces in between."
    case .vocabularyTooSmall(_, let needed):
      needed.map { "Ask for \($0) or more." } ?? "Ask for a larger vocabulary."
    }
  }
}
