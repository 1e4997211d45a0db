extension PTBRule.Outcome {
  /// The word that a match becomes, in lower case; empty for punctuation.
  func text(of units: ArraySlice<UInt16>) -> String {
    switch self {
    case .word, .without: Self.text(units.filter { $0 != 0xAD })
    case .raw: Self.text(units)
    case .plain:
      units.map { Self.quotes[$0] ?? String(decoding: [$0], as: UTF16.self) }.joined()
        .replacing("&apos;", with: "'").replacing("&amp;", with: "&").lowercasedAsJava
    case .words: PTBRule.Outcome.word.text(of: ArraySlice(units.map { $0 == 0x20 ? 0xA0 : $0 }))
    case .brackets:
      units.map { Self.bracketNames[$0] ?? String(decoding: [$0], as: UTF16.self) }.joined()
        .lowercasedAsJava
    case .text(let text): text
    case .punctuation, .space, .newline: ""
    }
  }

  private static let bracketNames: [UInt16: String] = [
    0x28: "-lrb-", 0x29: "-rrb-", 0x20: "\u{A0}",
  ]

  private static func text(_ units: some Collection<UInt16>) -> String {
    String(decoding: units, as: UTF16.self).lowercasedAsJava
  }

  private static let quotes: [UInt16: String] = [
    0x91: "`", 0x2018: "`", 0x201B: "`", 0x2039: "`", 0x92: "'", 0x2019: "'", 0x203A: "'",
    0x93: "``", 0x201C: "``", 0xAB: "``", 0x94: "''", 0x201D: "''", 0xBB: "''",
  ]
}

extension String {
  /// In lower case; a capital sigma at the end of a word becomes the final one.
  fileprivate var lowercasedAsJava: String {
    guard unicodeScalars.contains("\u{3A3}") else { return lowercased() }
    let scalars = Array(unicodeScalars)
    return scalars.indices.map { index in
      guard scalars[index] == "\u{3A3}" else { return String(scalars[index]).lowercased() }
      let isFinal = Self.hasLetter(scalars[..<index].reversed())
        && !Self.hasLetter(scalars[(index + 1)...])
      return isFinal ? "\u{3C2}" : "\u{3C3}"
    }.joined()
  }

  /// Whether a letter with cases belongs to the same word. A single mark may stand between letters.
  private static func hasLetter(_ scalars: some Sequence<Unicode.Scalar>) -> Bool {
    var isMark = false
    for scalar in scalars {
      let properties = scalar.properties
      if properties.isCased { return true }
      let isDigit = properties.numericType != nil
      if properties.isIdeographic || kana.contains(scalar) || (isMark && isDigit) { return false }
      let isNextMark = !properties.isAlphabetic && !isDigit
      if isNextMark, isMark || !joiners.contains(scalar) { return false }
      isMark = isNextMark
    }
    return false
  }

  private static let kana: ClosedRange<Unicode.Scalar> = "\u{3040}"..."\u{30FF}"
  private static let joiners: Set<Unicode.Scalar> = ["-", "'", ".", "_", "\u{2019}", "\u{AD}"]
}
