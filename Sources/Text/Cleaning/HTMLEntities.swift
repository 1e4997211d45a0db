/// HTML's character references (`&eacute;`, `&#233;`, `&#xE9;`), by two rules.
enum HTMLEntities {
  /// Characters by name without the semicolon, and the names that are read without one.
  private static let (characters, bareNames): ([Scalars: Scalars], Set<Scalars>) = {
    var characters: [Scalars: Scalars] = [:]
    var bareNames: Set<Scalars> = []
    let words = table.split(whereSeparator: \.isWhitespace)
    for index in stride(from: 0, to: words.count, by: 2) {
      let name = scalars(words[index].prefix { $0 != "*" })
      let points = words[index + 1].split(separator: "+").compactMap { UInt32($0, radix: 16) }
      characters[name] = points.compactMap(Unicode.Scalar.init)
      if words[index].hasSuffix("*") { bareNames.insert(name) }
    }
    return (characters, bareNames)
  }()

  /// References in capitals, which no rule of HTML reads: `&EACUTE;` as `É`.
  private static let capitals: [Scalars: Scalars] = {
    let pairs = characters.compactMap { name, text -> (Scalars, Scalars)? in
      let capital = scalars(string(name).uppercased())
      let isLower = name.allSatisfy { !(0x41...0x5A).contains($0.value) }
      guard isLower, characters[capital] == nil, bareBeginning(of: capital) == nil else {
        return nil
      }
      return (capital, scalars(string(text).uppercased()))
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  /// Decodes only clear references: up to 24 letters and digits, ended by a semicolon; names may
  /// also be in capitals.
  ///
  /// - Source: ftfy 6.3.1, which repairs text in this way unless there is a `<` in it.
  static func readStrictly(_ text: Scalars) -> Scalars {
    replaceReferences(text) { behind in
      let digits = behind.first == "#" ? behind.dropFirst() : behind
      let name = digits.prefix { $0.isASCIILetter || $0.isASCIIDigit }
      guard (1...24).contains(name.count), digits.dropFirst(name.count).first == ";" else {
        return nil
      }
      let length = name.endIndex - behind.startIndex + 1
      if behind.first != "#" {
        return (characters[Scalars(name)] ?? capitals[Scalars(name)]).map { ($0, length) }
      }
      // ftfy leaves a result that has a semicolon in it, and so also the semicolon itself.
      guard let number = number(behind), number.length == length, number.text != [";"] else {
        return nil
      }
      return number
    }
  }

  /// Decodes everything that a browser would: numbers and some names without a semicolon too.
  ///
  /// - Source: the HTML standard, as Python's `html.unescape` follows it.
  static func readLoosely(_ text: Scalars) -> Scalars {
    replaceReferences(text) { behind in
      if behind.first == "#" { return number(behind) }
      let name = behind.prefix(32).prefix { !"\t\n\u{C} <&#;".unicodeScalars.contains($0) }
      if behind.dropFirst(name.count).first == ";", let text = characters[Scalars(name)] {
        return (text, name.count + 1)
      }
      return bareBeginning(of: Scalars(name)).map { (characters[$0] ?? [], $0.count) }
    }
  }

  /// - Parameter read: from the text after an `&`, the reference's replacement and length.
  private static func replaceReferences(
    _ text: Scalars, _ read: (ArraySlice<Unicode.Scalar>) -> (text: Scalars, length: Int)?
  ) -> Scalars {
    guard text.contains("&") else { return text }
    var result = Scalars()
    var place = 0
    while place < text.count {
      if text[place] == "&", let (new, length) = read(text[(place + 1)...]) {
        result += new
        place += 1 + length
      } else {
        result.append(text[place])
        place += 1
      }
    }
    return result
  }

  /// The longest beginning of `name` that is a name which is read without a semicolon.
  private static func bareBeginning(of name: Scalars) -> Scalars? {
    stride(from: min(name.count, longestBareName), to: 1, by: -1).lazy
      .map { Scalars(name.prefix($0)) }.first { bareNames.contains($0) }
  }

  private static let longestBareName = bareNames.lazy.map(\.count).max() ?? 0

  /// A number after `#`: decimal, or hexadecimal after an `x`.
  private static func number(
    _ behind: ArraySlice<Unicode.Scalar>
  ) -> (text: Scalars, length: Int)? {
    let isHexadecimal = behind.dropFirst().first.map { $0.value | 0x20 == 0x78 } ?? false
    let radix: UInt32 = isHexadecimal ? 16 : 10
    let start = behind.startIndex + (isHexadecimal ? 2 : 1)
    var end = start
    var value: UInt32 = 0
    while end < behind.endIndex, let digit = digit(behind[end]), digit < radix {
      value = min(value * radix + digit, 0x110000)
      end += 1
    }
    if end == start { return nil }
    if end < behind.endIndex, behind[end] == ";" { end += 1 }
    return (character(value), end - behind.startIndex)
  }

  private static func digit(_ scalar: Unicode.Scalar) -> UInt32? {
    switch scalar.value {
    case 0x30...0x39: scalar.value - 0x30
    case 0x41...0x46, 0x61...0x66: (scalar.value | 0x20) - 0x61 + 10
    default: nil
    }
  }

  /// The standard's reading of a number: U+0080 to U+009F as windows-1252, nothing for controls
  /// and for what is no character.
  private static func character(_ value: UInt32) -> Scalars {
    guard value != 0, let scalar = Unicode.Scalar(value) else { return ["\u{FFFD}"] }
    switch value {
    case 0x80...0x9F: return [CodePage.windows1252.characters[Int(value)]]
    case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0xFDD0...0xFDEF: return []
    default: return value & 0xFFFE == 0xFFFE ? [] : [scalar]
    }
  }

  private static func scalars(_ text: some StringProtocol) -> Scalars {
    Scalars(text.unicodeScalars)
  }

  private static func string(_ scalars: Scalars) -> String {
    String(String.UnicodeScalarView(scalars))
  }
}
