/// An image's caption that is to be judged, beside its references.
public struct JudgedCaption: Sendable, Equatable {
  /// The image's name, for messages and rows.
  public var key: String
  public var candidate: String
  /// At least one.
  public var references: [String]

  public init(key: String, candidate: String, references: [String]) {
    (self.key, self.candidate, self.references) = (key, candidate, references)
  }

  /// Whether a caption of it holds what ends a line; scores read a space there.
  var hasLineEnds: Bool { candidate.hasLineEnds || references.contains(where: \.hasLineEnds) }
}

/// A caption as the scores read it. Words are bytes: to Swift, texts are equal that are not.
struct TokenizedCaption {
  typealias Word = [UInt8]

  /// The words, joined by a space each.
  let text: String
  /// What blanks of any kind separate, as BLEU and CIDEr count words.
  let words: [Word]
  /// What spaces separate, as ROUGE-L counts words; an empty caption is one empty word.
  let spaced: [Word]

  init(_ text: String) {
    self.text = text
    spaced = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false).map(Array.init)
    words = text.unicodeScalars.split(whereSeparator: \.isBlank)
      .map { Array(String($0).utf8) }
  }
}

/// A tokenized caption beside its references.
struct TokenizedPair {
  let candidate: TokenizedCaption
  let references: [TokenizedCaption]

  /// All references are tokenized as one text, then all candidates, as the published scores are.
  static func all(_ captions: [JudgedCaption]) -> [TokenizedPair] {
    let references = PTBTokenizer.tokenize(captions.flatMap(\.references))
    let candidates = PTBTokenizer.tokenize(captions.map(\.candidate))
    var next = 0
    return zip(captions, candidates).map { caption, candidate in
      let own = references[next..<next + caption.references.count]
      next += own.count
      return TokenizedPair(
        candidate: TokenizedCaption(candidate), references: own.map(TokenizedCaption.init))
    }
  }
}
