extension MojibakeSigns {
  /// The kinds of a character that the rules use: a class of characters that misread UTF-8 consists
  /// of, and what kind of letter it is.
  struct Kinds: OptionSet {
    let rawValue: UInt32

    static let common = Kinds(rawValue: 1 << 0)
    /// U+0080 to U+009F.
    static let control = Kinds(rawValue: 1 << 1)
    /// Characters that are hardly ever intended.
    static let bad = Kinds(rawValue: 1 << 2)
    static let law = Kinds(rawValue: 1 << 3)
    static let currency = Kinds(rawValue: 1 << 4)
    static let opening = Kinds(rawValue: 1 << 5)
    static let closing = Kinds(rawValue: 1 << 6)
    static let numeric = Kinds(rawValue: 1 << 7)
    /// Letters in faces made of letters, which have unusual neighbours.
    static let kaomoji = Kinds(rawValue: 1 << 8)
    static let upperAccented = Kinds(rawValue: 1 << 9)
    static let lowerAccented = Kinds(rawValue: 1 << 10)
    static let upperCommon = Kinds(rawValue: 1 << 11)
    static let lowerCommon = Kinds(rawValue: 1 << 12)
    static let box = Kinds(rawValue: 1 << 13)
    static let anyClass = Kinds(rawValue: 1 << 14 - 1)

    static let asciiLower = Kinds(rawValue: 1 << 14)
    static let asciiUpper = Kinds(rawValue: 1 << 15)
    static let notASCIILetter = Kinds(rawValue: 1 << 16)
    static let white = Kinds(rawValue: 1 << 17)
    static let word = Kinds(rawValue: 1 << 18)
    static let notNewline = Kinds(rawValue: 1 << 19)

    static let accented: Kinds = [.upperAccented, .lowerAccented]
    static let punctuation: Kinds = [.opening, .closing]
    static let amount: Kinds = [.currency, .numeric]
    static let asciiLetter: Kinds = [.asciiLower, .asciiUpper]

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ scalar: Unicode.Scalar) {
      self = Self.classes[scalar] ?? []
      switch scalar {
      case "a"..."z": insert([.asciiLower, .word])
      case "A"..."Z": insert([.asciiUpper, .word])
      default:
        insert(.notASCIILetter)
        if scalar.isPythonSpace { insert(.white) }
        if scalar == "_" || scalar.isLetter || scalar.isNumber { insert(.word) }
      }
      if scalar != "\n" { insert(.notNewline) }
    }

    private static let classes: [Unicode.Scalar: Kinds] = {
      var classes: [Unicode.Scalar: Kinds] = [:]
      for (kind, characters) in lists {
        for scalar in characters.unicodeScalars { classes[scalar, default: []].insert(kind) }
      }
      for (kind, range) in ranges {
        for scalar in range.compactMap(Unicode.Scalar.init) {
          classes[scalar, default: []].insert(kind)
        }
      }
      return classes
    }()

    private static let lists: [(Kinds, String)] = [
      (.common, "\u{A0}\u{AD}´·–—―’…"),
      (.bad, "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\u{FFFD}ªº"),
      (.law, "¶§"),
      (.currency, "¢£¥₧€"),
      (.opening, "¡«¿©΄΅‘‚“„•‹\u{F8FF}"),
      (.closing, "®»˝”›™"),
      (.numeric, "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№"),
      (.kaomoji, "ÒÓÔÕÖÙÚÛÜòóôõöøùúûüŐŌŪŲ°"),
      (.upperAccented, "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ"),
      (.lowerAccented, "ßàáâãäåæçèéêëìíîïðñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ"),
      (.upperCommon, "ÞΆΈΉΊΌΎΏΪΫ"),
      (.lowerCommon, "άέήίΰ"),
      (.box, "│┌┐┘├┤┬┼▀▄█▌▐░▒▓"),
    ]

    private static let ranges: [(Kinds, ClosedRange<UInt32>)] = [
      (.control, 0x80...0x9F),
      // Greek from alpha to omega, Cyrillic from io to ya and from a to dzhe.
      (.upperCommon, 0x391...0x3A9), (.upperCommon, 0x401...0x42F),
      (.lowerCommon, 0x3B1...0x3C9), (.lowerCommon, 0x430...0x45F),
      (.box, 0x2550...0x256C),
    ]
  }
}
