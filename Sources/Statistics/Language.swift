/// Guesses the language of a caption by its script and, for Latin letters, by the most common small
/// words of seven languages. A caption of a few names and nouns has none of these words: its
/// language is `latin`.
public enum Language {
  /// The guess: a language's code where script or small words tell it; otherwise the script's name,
  /// or `none` without letters.
  public static func guess(_ text: String) -> String {
    var counts: [Substring: Int] = [:]
    for scalar in text.unicodeScalars.prefix(400) where scalar.properties.isAlphabetic {
      counts[script(scalar.value), default: 0] += 1
    }
    guard let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
      return "none"
    }
    // Japanese is written with Han letters between its own.
    if most == "han", counts["ja"] != nil { return "ja" }
    return most == "latin" ? smallWords(text) : most == "han" ? "zh" : String(most)
  }

  /// What a guess is called where people read it: a script is no language.
  static func title(_ guess: String) -> String {
    switch guess {
    case "latin": "unclear (Latin letters)"
    case "cyrillic", "arabic", "devanagari", "other": "\(guess.capitalized) letters"
    case "none": "no letters"
    default: guess
    }
  }

  private static func smallWords(_ text: String) -> String {
    var hits: [String: Int] = [:]
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter }).prefix(60) {
      for language in words[word] ?? [] { hits[language, default: 0] += 1 }
    }
    let ranked = hits.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard let first = ranked.first else { return "latin" }
    // Where two languages have equally many words, neither is more likely.
    return ranked.count > 1 && ranked[1].value == first.value ? "latin" : first.key
  }

  private static func script(_ scalar: UInt32) -> Substring {
    scripts.first { $0.range.contains(scalar) }?.name ?? "other"
  }

  private static let scripts: [(range: ClosedRange<UInt32>, name: Substring)] = [
    (0x41...0x24F, "latin"), (0x1E00...0x1EFF, "latin"), (0x370...0x3FF, "el"),
    (0x400...0x52F, "cyrillic"), (0x530...0x58F, "hy"), (0x590...0x5FF, "he"),
    (0x600...0x77F, "arabic"), (0x900...0x97F, "devanagari"), (0x980...0x9FF, "bn"),
    (0xB80...0xBFF, "ta"), (0xC00...0xC7F, "te"), (0xE00...0xE7F, "th"), (0x10A0...0x10FF, "ka"),
    (0x3040...0x30FF, "ja"), (0x3400...0x9FFF, "han"), (0xAC00...0xD7AF, "ko"),
    (0xFF66...0xFF9D, "ja"), (0x20000...0x3FFFF, "han"),
  ]

  private static let words: [Substring: [String]] = {
    let lists = [
      "en": "the of and to in is with for on at from by this that an are his her its it no do as",
      "de": "der die das und ist mit für auf ein eine im von zu den dem des nicht aus bei am",
      "fr": "le la les et est avec pour sur un une du des dans au aux par ce cette qui en",
      "es": "el la los las y es con para un una de del por en al que su sobre como",
      "it": "il lo la gli e è con per un una di del della che nel su alla sono",
      "pt": "o os as e é com para um uma de do da em no na que por ao não",
      "nl": "de het een en is met voor op van in te aan bij uit dat niet zijn naar",
    ]
    var words: [Substring: [String]] = [:]
    for (language, list) in lists.sorted(by: { $0.key < $1.key }) {
      for word in list.split(separator: " ") { words[word, default: []].append(language) }
    }
    return words
  }()
}
