/// Lower case of every scalar as Unicode's full mapping has it, and of a capital sigma the final
/// form where it ends a word, as Python's `str.lower`.
enum Lowercase {
  static func lowercased(_ text: Scalars) -> Scalars {
    var lower = Scalars()
    lower.reserveCapacity(text.count)
    for (place, scalar) in text.enumerated() {
      if scalar.isASCII {
        let isCapital = (0x41...0x5A).contains(scalar.value)
        lower.append(isCapital ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar)
      } else if scalar == "Σ" {
        lower.append(endsWord(text, place) ? "ς" : "σ")
      } else {
        lower += scalar.properties.lowercaseMapping.unicodeScalars
      }
    }
    return lower
  }

  /// Unicode's condition `Final_Sigma`.
  private static func endsWord(_ text: Scalars, _ place: Int) -> Bool {
    func isCased(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isCased ?? false }
    let before = text[..<place].last { !$0.properties.isCaseIgnorable }
    let behind = text[(place + 1)...].first { !$0.properties.isCaseIgnorable }
    return isCased(before) && !isCased(behind)
  }
}
