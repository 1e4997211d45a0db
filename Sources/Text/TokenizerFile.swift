import Foundation

/// A file that holds a tokenizer: a SentencePiece model or CLIP's merges, recognised by content.
public enum TokenizerFile {
  /// The names under which checkpoints keep tokenizers.
  public static let names = [SentencePieceTokenizer.fileName, CLIPTokenizer.fileName]

  /// - Throws: `unreadable`, `tooLarge`, and what `tokenizer(_:name:)` throws.
  public static func open(_ file: URL) throws(TextError) -> any Tokenizer {
    let limit = max(SentencePieceTokenizer.maximumModelBytes, CLIPMerges.maximumBytes)
    return try tokenizer(try FileBytes.read(file, limit: limit), name: file.path)
  }

  /// The tokenizer in a file's bytes; `name` is for errors.
  /// - Throws: `notATokenizer` for neither kind, `badMerges`, `badGzip`, `missingSpecial`,
  ///   `tooLarge`.
  public static func tokenizer(_ bytes: Data, name: String) throws(TextError) -> any Tokenizer {
    if CLIPMerges.isRecognized(bytes) { return try CLIPTokenizer(model: bytes, name: name) }
    return try SentencePieceTokenizer(model: bytes, name: name)
  }
}
