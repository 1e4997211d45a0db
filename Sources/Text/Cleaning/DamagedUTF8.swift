/// Bytes that may be UTF-8, even where some of them were altered.
///
/// - Source: ftfy 6.3.1, its steps `restore_byte_a0`, `replace_lossy_sequences` and its codec
///   `utf-8-variants`.
enum DamagedUTF8 {
  /// Nil where the bytes are not UTF-8.
  static func decode(_ bytes: [UInt8], readAs page: CodePage) -> Scalars? {
    var bytes = bytes
    // In Mac Roman this would be a dash and a space.
    if !page.isMacRoman { restoreNoBreakSpaces(&bytes) }
    if page.marksLosses { replaceLosses(&bytes) }
    if bytes.contains(0xED) || bytes.contains(0xC0) { replaceSurrogatesAndNulls(&bytes) }
    return String(validating: bytes, as: UTF8.self).map { Scalars($0.unicodeScalars) }
  }

  /// Puts byte A0 back where it was replaced by a space inside a sequence that is otherwise likely.
  private static func restoreNoBreakSpaces(_ bytes: inout [UInt8]) {
    guard bytes.indices.contains(where: { alteredLength(bytes[$0...]) != nil }) else { return }
    // "Ã la mode" is "à la mode": here the no-break space was merged with the space after it.
    // Not so in Portuguese às, àquele, àquela, àquilo.
    replace(&bytes) { rest in
      guard rest.starts(with: [0xC3, 0x20]) else { return nil }
      let behind = rest.dropFirst(2)
      let exceptions = [" ", "quele", "quela", "quilo", "s "]
      return exceptions.contains { behind.starts(with: $0.utf8) } ? nil : ([0xC3, 0xA0, 0x20], 2)
    }
    replace(&bytes) { rest in
      alteredLength(rest).map { length in
        (rest.prefix(length).map { $0 == 0x20 ? 0xA0 : $0 }, length)
      }
    }
  }

  /// The length of the sequence at the beginning in which one byte A0 is a space, if it would be
  /// a likely character.
  private static func alteredLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let lead = bytes.first, lead >= 0xC2 else { return nil }
    let behind = Array(bytes.dropFirst().prefix(3))
    func isSpace(_ index: Int) -> Bool { index < behind.count && behind[index] == 0x20 }
    func isOther(_ index: Int) -> Bool {
      index < behind.count && isContinuation(behind[index])
        && ![0x85, 0xA0].contains(behind[index])
    }
    switch lead {
    case 0xC2, 0xC3, 0xC5, 0xCE, 0xD0, 0xD9: return isSpace(0) ? 2 : nil
    case 0xE2, 0xE3: return isSpace(0) && isOther(1) || isOther(0) && isSpace(1) ? 3 : nil
    case 0xE0, 0xE1: return isOther(0) && isSpace(1) ? 3 : nil
    case 0xF0:
      let spaces = behind.count { $0 == 0x20 }
      return behind.count == 3 && spaces == 1 && behind.count(where: isContinuation) == 2 ? 4 : nil
    default: return nil
    }
  }

  /// Sequences with lost bytes (1A, or one question mark) become U+FFFD.
  private static func replaceLosses(_ bytes: inout [UInt8]) {
    guard bytes.contains(where: { $0 == 0x1A || $0 == 0x3F }) else { return }
    replace(&bytes) { rest in lossyLength(rest).map { (Array("\u{FFFD}".utf8), $0) } }
  }

  private static func lossyLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let lead = bytes.first else { return nil }
    let behind = bytes.dropFirst()
    switch lead {
    case 0x1A: return 1
    case 0xED where isLossyPair(Array(bytes.prefix(6))): return 6
    // A question mark after other letters is usually one.
    case 0xC2, 0xC3: return behind.first.map(isMark) ?? false ? 2 : nil
    case 0xC4...0xDF: return behind.first == 0x1A ? 2 : nil
    case 0xE0...0xEF: return isLossy(behind.prefix(2), count: 2) ? 3 : nil
    case 0xF0...0xF4: return isLossy(behind.prefix(3), count: 3) ? 4 : nil
    default: return nil
    }
  }

  /// A byte that stands for a lost one.
  private static func isMark(_ byte: UInt8) -> Bool { byte == 0x1A || byte == 0x3F }

  private static func isLossy(_ behind: ArraySlice<UInt8>, count: Int) -> Bool {
    behind.count == count && behind.allSatisfy { isMark($0) || isContinuation($0) }
      && behind.contains(where: isMark) && behind.count { $0 == 0x3F } <= 1
  }

  /// Two surrogates that were encoded one by one.
  private static func isLossyPair(_ six: [UInt8]) -> Bool {
    guard six.count == 6, (0xA0...0xAF).contains(six[1]), six[3] == 0xED,
      (0xB0...0xBF).contains(six[4])
    else { return false }
    let last = [six[2], six[5]]
    return last.allSatisfy { isMark($0) || isContinuation($0) } && last.contains(where: isMark)
  }

  /// Java's null (C0 80), and surrogates that were encoded one by one (CESU-8).
  private static func replaceSurrogatesAndNulls(_ bytes: inout [UInt8]) {
    replace(&bytes) { rest in
      if rest.starts(with: [0xC0, 0x80]) { return ([0], 2) }
      let six = Array(rest.prefix(6))
      guard six.count == 6, six[0] == 0xED, (0xA0...0xAF).contains(six[1]), isContinuation(six[2]),
        six[3] == 0xED, (0xB0...0xBF).contains(six[4]), isContinuation(six[5])
      else { return nil }
      let high = UInt32(six[1] & 0xF) << 16 | UInt32(six[2] & 0x3F) << 10
      let low = UInt32(six[4] & 0xF) << 6 | UInt32(six[5] & 0x3F)
      guard let scalar = Unicode.Scalar(0x10000 + (high | low)) else { return nil }
      return (Array(scalar.utf8), 6)
    }
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  /// - Parameter new: the replacement for the beginning of the given bytes, and how long that is.
  private static func replace(
    _ bytes: inout [UInt8], _ new: (ArraySlice<UInt8>) -> (bytes: [UInt8], length: Int)?
  ) {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      if let (new, length) = new(bytes[place...]) {
        result += new
        place += length
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    bytes = result
  }
}
