/// A set of UTF-16 units, as a lexer's rules name them. Letters and digits are those of Unicode
/// 6.2, which the reference was made with.
struct UnitSet: Hashable, Sendable {
  enum Category: Hashable, Sendable { case letter, digit }

  var ranges: [ClosedRange<UInt16>] = []
  var categories: Set<Category> = []
  var isNegated = false

  init() {}

  init(_ category: Category, _ ranges: [ClosedRange<UInt16>] = []) {
    (categories, self.ranges) = ([category], ranges)
  }

  init(_ ranges: [ClosedRange<UInt16>]) { self.ranges = ranges }

  /// A unit; an ASCII letter in both cases.
  init(anyCaseOf unit: UInt16) {
    ranges = [unit...unit]
    if (0x41...0x5A).contains(unit) { ranges.append(unit + 32...unit + 32) }
    if (0x61...0x7A).contains(unit) { ranges.append(unit - 32...unit - 32) }
  }

  func contains(_ unit: UInt16) -> Bool {
    let isIn = ranges.contains { $0.contains(unit) }
      || categories.contains { Self.holds($0, unit) }
    return isIn != isNegated
  }

  /// Halves of surrogate pairs have no category.
  private static func holds(_ category: Category, _ unit: UInt16) -> Bool {
    if unit < 0x80 {
      let range: ClosedRange<UInt16> = category == .digit ? 0x30...0x39 : 0x61...0x7A
      return range.contains(category == .digit ? unit : unit | 0x20)
    }
    guard let scalar = Unicode.Scalar(unit) else { return false }
    let properties = scalar.properties
    guard let age = properties.age, age <= (6, 2), !isLaterLetter(unit) else { return false }
    switch (category, properties.generalCategory) {
    case (.letter, .uppercaseLetter), (.letter, .lowercaseLetter), (.letter, .titlecaseLetter),
      (.letter, .modifierLetter), (.letter, .otherLetter), (.digit, .decimalNumber):
      return true
    default: return false
    }
  }

  /// Vowel signs that Unicode made letters after 6.2.
  private static func isLaterLetter(_ unit: UInt16) -> Bool {
    [0x19B0...0x19C0, 0x19C8...0x19C9, 0x1CF2...0x1CF3].contains { $0.contains(Int(unit)) }
  }
}
