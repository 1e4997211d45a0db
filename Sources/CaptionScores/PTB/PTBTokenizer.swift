/// The words of captions as the published scores count them: those of the Penn Treebank's
/// tokenizer in lower case, without punctuation.
///
/// Equal to what `pycocoevalcap` 1.2 makes with its Java program; `launch/checks/scores` compares.
public enum PTBTokenizer {
  /// Each caption's words, joined by a space each.
  ///
  /// A period at the end of a caption may depend on the caption after it, so the order counts.
  /// - Parameter captions: line breaks in them become spaces.
  public static func tokenize(_ captions: [String]) -> [String] {
    guard !captions.isEmpty else { return [] }
    var lexer = PTBLexer(captions.map(\.withoutLineEnds).joined(separator: "\n"))
    return lexer.lines().map { $0.joined(separator: " ") }
  }
}

extension String {
  /// With spaces in place of whatever ends a line.
  var withoutLineEnds: String {
    guard hasLineEnds else { return self }
    let scalars = unicodeScalars.map { Self.lineEnds.contains($0) ? " " : $0 }
    return String(String.UnicodeScalarView(scalars))
  }

  var hasLineEnds: Bool { unicodeScalars.contains(where: Self.lineEnds.contains) }

  private static let lineEnds: Set<Unicode.Scalar> =
    ["\n", "\r", "\u{B}", "\u{C}", "\u{2028}", "\u{2029}"]
}

extension Unicode.Scalar {
  /// Whether Python takes it for white space, at which the reference splits and strips.
  var isBlank: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}
