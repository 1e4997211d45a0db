/// Text in UTF-8 that was read in another encoding (`cafÃ©` for `café`), once or several times.
///
/// - Source: ftfy 6.3.1 `fix_encoding`, its behaviour with default settings.
enum Mojibake {
  private static let maximumPasses = 64

  static func mend(_ text: Scalars) -> Scalars {
    var text = text
    for _ in 0..<maximumPasses {
      guard MojibakeSigns.isLikely(text) else { break }
      let before = text
      text = mendOnce(text)
      if text == before { break }
    }
    return text
  }

  private static func mendOnce(_ text: Scalars) -> Scalars {
    for page in CodePage.all {
      guard let bytes = page.encode(text) else { continue }
      if let meant = DamagedUTF8.decode(bytes, readAs: page) { return meant }
    }
    let parts = mendParts(text)
    return parts == text ? controlsAsWindows1252(text) : parts
  }

  /// Repairs runs that look like misread UTF-8, in a text that mixes encodings.
  private static func mendParts(_ text: Scalars) -> Scalars {
    var result = Scalars()
    var place = 0
    while place < text.count {
      let end = endOfRun(text, from: place)
      let run = Scalars(text[place..<end])
      let isPart = !run.isEmpty && run.count < text.count
      result += isPart ? mend(run) : run
      if run.isEmpty { result.append(text[place]) }
      place = max(end, place + 1)
    }
    return result
  }

  /// The end of a run of misread sequences that begins at `start`; `start` where none begins.
  private static func endOfRun(_ text: Scalars, from start: Int) -> Int {
    // After a continuation byte only the rest of a larger damage would be repaired.
    if start > 0, roles[text[start - 1]]?.contains(.continuation) ?? false { return start }
    var end = start
    while let length = sequenceLength(text[end...]) { end += length }
    return end
  }

  /// The length of the sequence at the beginning of `text`: a lead byte and its continuation bytes,
  /// one of which may be a space.
  private static func sequenceLength(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
    guard let lead = text.first.flatMap({ roles[$0] }) else { return nil }
    let behind = text.dropFirst().prefix(3)
      .prefix { $0 == " " || !(roles[$0] ?? []).isDisjoint(with: [.continuation, .punctuation]) }
    if lead.contains(.firstOfTwo), behind.count >= 1 { return 2 }
    if lead.contains(.firstOfThree), behind.count >= 2 { return 3 }
    return lead.contains(.firstOfFour) && behind.count == 3 ? 4 : nil
  }

  private static func controlsAsWindows1252(_ text: Scalars) -> Scalars {
    text.map { scalar in
      let isControl = (0x80...0x9F).contains(scalar.value)
      return isControl ? CodePage.windows1252.characters[Int(scalar.value)] : scalar
    }
  }

  /// What a character's byte would be in UTF-8, in any of the common code pages.
  private struct Roles: OptionSet {
    let rawValue: UInt8
    static let firstOfTwo = Roles(rawValue: 1)
    static let firstOfThree = Roles(rawValue: 2)
    static let firstOfFour = Roles(rawValue: 4)
    static let continuation = Roles(rawValue: 8)
    /// A continuation byte, too, but often itself: dashes, quotes, bullet and ellipsis.
    static let punctuation = Roles(rawValue: 16)
  }

  private static let roles: [Unicode.Scalar: Roles] = {
    var roles: [Unicode.Scalar: Roles] = [:]
    for page in CodePage.common {
      for byte in 0x80...0xF3 {
        let scalar = page.characters[byte]
        roles[scalar, default: []].insert(role(of: UInt8(byte), as: scalar))
      }
    }
    return roles
  }()

  private static func role(of byte: UInt8, as scalar: Unicode.Scalar) -> Roles {
    switch byte {
    case 0x80...0xBF: "–—―‘’‚“”„•…".unicodeScalars.contains(scalar) ? .punctuation : .continuation
    case 0xC2...0xDF: .firstOfTwo
    case 0xE0...0xEF: .firstOfThree
    // All emoji begin with F0, tags with F3; F1 and F2 begin nothing that is in use.
    case 0xF0, 0xF3: .firstOfFour
    default: []
    }
  }
}
