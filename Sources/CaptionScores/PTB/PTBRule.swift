/// One rule of the tokenizer: what it matches, and what that becomes.
struct PTBRule: Sendable {
  /// What a match becomes.
  enum Outcome: Sendable {
    /// The text, without soft hyphens.
    case word
    /// The text as it is.
    case raw
    /// The text with quotation marks, apostrophes and ampersands in ASCII.
    case plain
    /// One word with unbreakable spaces inside.
    case words
    /// As `words`, with `-lrb-` and `-rrb-` for brackets.
    case brackets
    case text(String)
    case punctuation
    case space
    case newline
    /// The word without so many units at the end, which are read again.
    case without(Int)
  }

  let pattern: Pattern
  /// What must follow. It counts in the length of the match, but is read again.
  let following: Pattern?
  let outcome: Outcome

  init(_ pattern: String, before following: String? = nil, _ outcome: Outcome = .word) {
    self.pattern = PatternReader.read(pattern, names: PTBNames.all)
    self.following = following.map { PatternReader.read($0, names: PTBNames.all) }
    self.outcome = outcome
  }

  var whole: Pattern { following.map { .sequence([pattern, $0]) } ?? pattern }
}
