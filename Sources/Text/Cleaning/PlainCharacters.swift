import Foundation

/// Plain characters in place of typographic ones.
enum PlainCharacters {
  /// Splits Latin ligatures, gives full and half width letters their usual width, and makes quotes
  /// straight and line ends `\n`.
  static func replaceVariants(_ text: Scalars) -> Scalars {
    var result = Scalars()
    result.reserveCapacity(text.count)
    for (place, scalar) in text.enumerated() {
      switch scalar {
      case "\r":
        if place + 1 == text.count || text[place + 1] != "\n" { result.append("\n") }
      case "\u{85}", "\u{2028}", "\u{2029}": result.append("\n")
      case "\u{2BC}", "\u{2018}"..."\u{201B}": result.append("'")
      case "\u{201C}"..."\u{201F}": result.append("\"")
      default:
        if let plain = plain[scalar] { result += plain } else { result.append(scalar) }
      }
    }
    return result
  }

  /// Removes the codes that colour a terminal's text: escape, `[`, numbers and semicolons, a
  /// letter.
  static func removeTerminalCodes(_ text: Scalars) -> Scalars {
    guard text.contains("\u{1B}") else { return text }
    var result = Scalars()
    var rest = text[...]
    while let scalar = rest.popFirst() {
      if scalar == "\u{1B}", rest.first == "[" {
        let behind = rest.dropFirst().drop { $0 == ";" || $0.properties.numericType == .decimal }
        if behind.first?.isASCIILetter ?? false {
          rest = behind.dropFirst()
          continue
        }
      }
      result.append(scalar)
    }
    return result
  }

  /// Controls that are no white space, deprecated and annotation marks, byte order marks.
  static func isUnwanted(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x8, 0xB, 0xE...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
    default: false
    }
  }

  /// Unicode's compatibility forms of ligatures and of full and half width letters. The ideographic
  /// space is a wide one; the ligature of long s and t keeps its long s; the apostrophe of `ŉ` is
  /// a quote.
  private static let plain: [Unicode.Scalar: Scalars] = {
    let codes: [ClosedRange<UInt32>] = [
      0x132...0x133, 0x149...0x149, 0x1C4...0x1CC, 0x1F1...0x1F3, 0x3000...0x3000, 0xFB00...0xFB06,
      0xFF01...0xFFEF,
    ]
    var plain: [Unicode.Scalar: Scalars] = [:]
    for scalar in codes.joined().compactMap(Unicode.Scalar.init) {
      let form = String(scalar).precomposedStringWithCompatibilityMapping
      if !form.unicodeScalars.elementsEqual([scalar]) {
        plain[scalar] = Scalars(form.unicodeScalars)
      }
    }
    plain["ﬅ"] = ["ſ", "t"]
    plain["ŉ"] = ["'", "n"]
    return plain
  }()
}
