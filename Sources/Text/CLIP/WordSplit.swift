/// How CLIP splits a cleaned text into words: the two marks, English endings after an apostrophe,
/// runs of letters, single digits, and runs of anything else that is not white space.
///
/// - Source: the pattern of open_clip 3.3.0's `SimpleTokenizer`.
enum WordSplit {
  static let start = Scalars("<start_of_text>".unicodeScalars)
  static let end = Scalars("<end_of_text>".unicodeScalars)

  static func words(_ text: Scalars) -> [ArraySlice<Unicode.Scalar>] {
    var words: [ArraySlice<Unicode.Scalar>] = []
    var rest = text[...]
    while let first = rest.first {
      let length = wordLength(rest, first)
      if length > 0 { words.append(rest.prefix(length)) }
      rest = rest.dropFirst(max(length, 1))
    }
    return words
  }

  /// Not a letter; but to a pattern that ignores case it also is the letter iota. So it is neither
  /// in a run of letters nor in one of anything else.
  private static let subscriptIota: Unicode.Scalar = "\u{345}"

  /// How much of `text` its first word takes; 0 for a character that belongs to no word.
  private static func wordLength(
    _ text: ArraySlice<Unicode.Scalar>, _ first: Unicode.Scalar
  ) -> Int {
    if let fixed = fixedWords.first(where: { begins(text, with: $0) }) { return fixed.count }
    if first.isLetter { return text.prefix(while: \.isLetter).count }
    if first.isNumber { return 1 }
    let isOther = { !$0.isPythonSpace && !$0.isLetter && !$0.isNumber && $0 != subscriptIota }
    return text.prefix(while: isOther).count
  }

  private static let fixedWords =
    [start, end] + ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Scalars($0.unicodeScalars) }

  /// The pattern ignores case, for which the long s is an s.
  private static func begins(_ text: ArraySlice<Unicode.Scalar>, with word: Scalars) -> Bool {
    guard text.first == word.first, text.count >= word.count else { return false }
    return zip(text, word).allSatisfy { ($0 == "ſ" ? "s" : $0) == $1 }
  }
}
