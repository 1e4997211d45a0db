/// Neighbours that are unlikely in any language and likely in misread UTF-8, such as `Ã©` or `â€™`.
///
/// - Source: the heuristic of ftfy 6.3.1 (Robyn Speer, Apache License 2.0): its classes of
///   characters and which of them are unlikely side by side.
enum MojibakeSigns {
  /// Whether the text holds one of them.
  static func isLikely(_ text: Scalars) -> Bool {
    let kinds = text.map(Kinds.init)
    // Each rule has a character of a class.
    guard kinds.contains(where: { !$0.isDisjoint(with: .anyClass) }) else { return false }
    // A text that begins so has lost a no-break space.
    if text.count > 1, "ÃÂ".unicodeScalars.contains(text[0]), text[1] == " " { return true }
    return text.indices.contains { start in
      rules.contains { rule in
        start + rule.count <= text.count
          && rule.indices.allSatisfy { rule[$0].fits(text[start + $0], kinds[start + $0]) }
      }
    }
  }

  /// What is allowed at one place of a rule: characters of some kinds, or some single ones.
  private struct Place: ExpressibleByStringLiteral {
    var kinds: Kinds = []
    var singles = Scalars()

    init(_ kinds: Kinds, _ singles: String = "") {
      self.kinds = kinds
      self.singles = Scalars(singles.unicodeScalars)
    }

    init(stringLiteral singles: String) { self.init([], singles) }

    func fits(_ scalar: Unicode.Scalar, _ kind: Kinds) -> Bool {
      !kinds.isDisjoint(with: kind) || singles.contains(scalar)
    }
  }

  private static let rules: [[Place]] = classRules + windowsRules + otherRules

  private static let classRules: [[Place]] = [
    [Place(.control)],
    [Place([.bad, .accented, .box, .punctuation, .amount, .law]), Place(.bad)],
    [Place(.bad), Place([.accented, .box, .punctuation, .amount, .law])],
    [Place(.asciiLetter), Place([.lowerCommon, .upperCommon]), Place(.bad)],
    [Place([.lowerAccented, .lowerCommon, .box, .closing, .amount]), Place(.upperAccented)],
    [Place([.box, .closing, .amount]), Place(.lowerAccented)],
    [Place([.lowerAccented, .box, .closing]), Place(.currency)],
    [Place(.white), Place(.upperAccented), Place(.currency)],
    [Place([.upperAccented, .box]), Place([.numeric, .law])],
    [Place([.accented, .box, .currency, .closing]), Place(.opening), Place(.numeric)],
    [Place([.accented, .amount, .box, .law]), Place(.closing), Place(.opening)],
    [Place([.amount, .box]), Place(.opening)],
    [Place(.asciiLower), Place(.upperAccented), Place([.opening, .currency])],
    [Place(.box), Place([.kaomoji, .closing])],
    [Place([.accented, .amount, .punctuation, .law]), Place(.box)],
    [Place(.accented), Place(.punctuation), Place(.word)],
    ["Œœ", Place(.notASCIILetter)],
    [Place(.upperAccented), "°"],
  ]

  /// UTF-8 read as windows-1251, 1252, 1253 and 1257.
  private static let windowsRules: [[Place]] = {
    let arabic = Place([.common, .currency, .bad, .numeric, .opening], "ŸŠ®°µ»")
    let sign: Kinds = [.control, .bad, .punctuation, .currency]
    return [
      ["ÂÃÎÐ", Place(.punctuation, "€œŠš¢£Ÿž\u{A0}\u{AD}®©°·»–—´")],
      ["×", "²³"],
      ["ØÙ", arabic, "ØÙ", arabic],
      ["à", "²µ¹¼½¾"],
      ["Ã", "\u{A0}¡"],
      [Place(.asciiLower), "ÃÂ", " "],
      [Place(.asciiLower), Place(.white), "ÃÂ", " "],
      [Place([.asciiLower, .closing], ".,?!"), "Â", Place(.punctuation, " ")],
      ["в", "Ђ"],
      ["ВГРС", Place(sign, "°µ"), "ВГРС"],
      ["Г", "ў", "В", "Ђ", "В", Place(.notNewline), Place(.asciiLetter, " ")],
      ["β", "€", "™\u{A0}Ά\u{AD}®°"],
      ["ΒΓΞΟ", Place(sign, "°"), "ΒΓΞΟ"],
      ["ā", "€"],
    ]
  }()

  /// UTF-8 read as Mac Roman.
  private static let otherRules: [[Place]] = [
    ["√", "±∂†≠®™´≤≥¥µø"],
    ["≈", "°¢"],
    ["‚", "Ä", "ìîïòôúùû†°¢π"],
    ["‚", "âó", "àä°ê"],
  ]
}
