import Foundation

/// Turns text into ids and back. Values are shared by threads.
public protocol Tokenizer: Sendable {
  /// Number of ids: every id is in `0 ..< vocabularySize`.
  var vocabularySize: Int { get }
  /// The id of empty places where rows are padded.
  var pad: Int32 { get }
  /// The first id of every caption.
  var start: Int32 { get }
  /// The last id of every caption.
  var end: Int32 { get }
  /// The model file's bytes, kept in checkpoints under `fileName`.
  var model: Data { get }
  /// One of `TokenizerFile.names`.
  var fileName: String { get }

  /// The pieces of `text`, without start and end around them.
  func encode(_ text: String) throws(TextError) -> [Int32]

  /// The text of `ids`; start, end, pad and ids outside the vocabulary are left out.
  func decode(_ ids: [Int32]) -> String
}

extension Tokenizer {
  /// A caption as the model reads it: start, pieces, end, cut to `context` ids with the end kept.
  public func caption(_ text: String, context: Int) throws(TextError) -> [Int32] {
    precondition(context >= 2, "a caption holds at least start and end")
    return [start] + (try encode(text)).prefix(context - 2) + [end]
  }
}
