/// A single-byte encoding whose lower half is ASCII.
struct CodePage: Sendable {
  /// The character of each byte.
  let characters: Scalars
  private let bytes: [Unicode.Scalar: UInt8]
  /// Whether byte 1A, the control character SUBSTITUTE, means U+FFFD, a lost character.
  let marksLosses: Bool
  let isMacRoman: Bool

  /// - Parameter upper: bytes 80 to FF; `_` where a byte is as in Latin-1 or has no character.
  private init(_ upper: String, marksLosses: Bool = true, isMacRoman: Bool = false) {
    var characters = (UInt8(0)...255).map { Unicode.Scalar($0) }
    for (place, scalar) in upper.unicodeScalars.enumerated() where scalar != "_" {
      characters[0x80 + place] = scalar
    }
    if marksLosses { characters[0x1A] = "\u{FFFD}" }
    self.characters = characters
    self.marksLosses = marksLosses
    self.isMacRoman = isMacRoman
    bytes = Dictionary(uniqueKeysWithValues: zip(characters, UInt8(0)...255))
  }

  /// Nil where a character is not in this code page.
  func encode(_ text: Scalars) -> [UInt8]? {
    var encoded: [UInt8] = []
    encoded.reserveCapacity(text.count)
    for scalar in text {
      guard let byte = bytes[scalar] else { return nil }
      encoded.append(byte)
    }
    return encoded
  }
}

// Unicode's mapping tables: https://www.unicode.org/Public/MAPPINGS (ISO8859, VENDORS).
extension CodePage {
  static let latin1 = CodePage("", marksLosses: false)
  static let windows1252 = CodePage("€_‚ƒ„…†‡ˆ‰Š‹Œ_Ž__‘’“”•–—˜™š›œ_žŸ")

  /// The code pages in which UTF-8 is misread the most often.
  static let common = [
    latin1, windows1252, windows1251, windows1250, windows1253, windows1254, windows1257,
  ]
  /// All in the order in which ftfy tries them.
  static let all = common + [latin2, macRoman, cp437]

  private static let windows1250 = CodePage(
    "€_‚_„…†‡_‰Š‹ŚŤŽŹ_‘’“”•–—_™š›śťžź_ˇ˘Ł_Ą____Ş____Ż__˛ł_____ąş_Ľ˝ľż"
      + "Ŕ__Ă_ĹĆ_Č_Ę_Ě__ĎĐŃŇ__Ő__ŘŮ_Ű__Ţ_ŕ__ă_ĺć_č_ę_ě__ďđńň__ő__řů_ű__ţ˙")
  private static let windows1251 = CodePage(
    "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—_™љ›њќћџ_ЎўЈ_Ґ__Ё_Є____Ї__Ііґ___ё№є_јЅѕї"
      + "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя")
  private static let windows1253 = CodePage(
    "€_‚ƒ„…†‡_‰_‹_____‘’“”•–—_™_›_____΅Ά____________―____΄___ΈΉΊ_Ό_ΎΏ"
      + "ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ_ΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ")
  private static let windows1254 = CodePage(
    "€_‚ƒ„…†‡ˆ‰Š‹Œ____‘’“”•–—˜™š›œ__Ÿ________________________________"
      + "________________Ğ____________İŞ_________________ğ____________ış")
  private static let windows1257 = CodePage(
    "€_‚_„…†‡_‰_‹_¨ˇ¸_‘’“”•–—_™_›_¯˛_________Ø_Ŗ____Æ________ø_ŗ____æ"
      + "ĄĮĀĆ__ĘĒČ_ŹĖĢĶĪĻŠŃŅ_Ō___ŲŁŚŪ_ŻŽ_ąįāć__ęēč_źėģķīļšńņ_ō___ųłśū_żž˙")
  private static let latin2 = CodePage(
    "_________________________________Ą˘Ł_ĽŚ__ŠŞŤŹ_ŽŻ_ą˛ł_ľśˇ_šşťź˝žż"
      + "Ŕ__Ă_ĹĆ_Č_Ę_Ě__ĎĐŃŇ__Ő__ŘŮ_Ű__Ţ_ŕ__ă_ĺć_č_ę_ě__ďđńň__ő__řů_ű__ţ˙",
    marksLosses: false)
  private static let macRoman = CodePage(
    "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°__§•¶ß®_™´¨≠ÆØ∞_≤≥¥_∂∑∏π∫ªºΩæø"
      + "¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
    marksLosses: false, isMacRoman: true)
  private static let cp437 = CodePage(
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
      + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}",
    marksLosses: false)
}
