import Foundation

/// Repairs text that programs have damaged: misread encodings, leftover HTML references and
/// terminal codes, typographic variants of plain letters.
///
/// What is repaired, and in which order, is ftfy 6.3.1's default (https://ftfy.readthedocs.io), so
/// that captions become the ids that open_clip trains on.
enum TextMending {
  /// Each pass removes one layer of damage; so many layers exist only in a hostile text.
  private static let maximumPasses = 64

  /// Lines are repaired one by one, since each may come from another source.
  static func mend(_ text: Scalars) -> Scalars {
    var result = Scalars()
    var start = 0
    var readsReferences = true
    while start < text.count {
      let end = text[start...].firstIndex(of: "\n").map { $0 + 1 } ?? text.count
      let line = Scalars(text[start..<end])
      // A `<` shows that this is HTML, where references are intended.
      if line.contains("<") { readsReferences = false }
      result += mend(line: line, readsReferences: readsReferences)
      start = end
    }
    return result
  }

  private static func mend(line: Scalars, readsReferences: Bool) -> Scalars {
    var text = line
    for _ in 0..<maximumPasses {
      let before = text
      if readsReferences { text = HTMLEntities.readStrictly(text) }
      text = Mojibake.mend(text)
      text = PlainCharacters.replaceVariants(text)
      text = PlainCharacters.removeTerminalCodes(text)
      text.removeAll { PlainCharacters.isUnwanted($0) }
      text = composed(text)
      if text == before { break }
    }
    return text
  }

  /// Normalisation form C, by ICU: that of Swift 6.3 misses Hangul syllables with a separate final
  /// consonant and treats U+10041 as an A.
  private static func composed(_ text: Scalars) -> Scalars {
    // Below the combining marks nothing changes.
    if text.allSatisfy({ $0.value < 0x300 }) { return text }
    let string = String(String.UnicodeScalarView(text))
    let form = string.applyingTransform(StringTransform("Any-NFC"), reverse: false) ?? string
    return Scalars(form.unicodeScalars)
  }
}
