/// A text as its Unicode scalars: what Python's strings are made of.
typealias Scalars = [Unicode.Scalar]

extension Unicode.Scalar {
  /// What Python's `str.split` and `\s` treat as white space, including ASCII's four separators.
  var isPythonSpace: Bool {
    guard isASCII else { return properties.isWhitespace }
    return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value)
  }

  var isASCIILetter: Bool { (0x41...0x5A).contains(value & ~0x20) }

  var isASCIIDigit: Bool { (0x30...0x39).contains(value) }

  /// Of one of Unicode's categories L.
  var isLetter: Bool {
    if isASCII { return isASCIILetter }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return true
    default: return false
    }
  }

  /// Of one of Unicode's categories N.
  var isNumber: Bool {
    if isASCII { return isASCIIDigit }
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: return true
    default: return false
    }
  }
}
