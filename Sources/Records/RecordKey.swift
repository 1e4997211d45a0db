import CXXHash

/// The rules for keys and suffixes, which are the same for writing and for reading.
public enum RecordKey {
  /// The key of an input file: its relative path without extension; other dots become `_`.
  ///
  /// `birds/wren.2.jpg` gives `birds/wren_2`, `.hidden` gives `_hidden`. `check` may still refuse
  /// the result, as for `../wren.jpg`.
  public static func key(path: String) -> String {
    let (folders, stem) = split(path)
    return (folders.map { $0.allSatisfy { $0 == "." } ? String($0) : underscored($0) }
      + [underscored(stem)]).joined(separator: "/")
  }

  /// The path without extension, which is the key where it has no other dots and comes once.
  public static func stem(path: String) -> String {
    let (folders, stem) = split(path)
    return (folders + [stem]).map { String($0) }.joined(separator: "/")
  }

  private static func split(
    _ path: String
  ) -> (folders: [Substring.UnicodeScalarView], stem: Substring.UnicodeScalarView) {
    var parts = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.popLast() else { return ([], Substring.UnicodeScalarView()) }
    let dot = last.lastIndex(of: ".") ?? last.startIndex
    return (parts, dot == last.startIndex ? last : last[..<dot])
  }

  /// Refuses keys that are empty, absolute or too long, that go up with `..`, or that have control
  /// characters or a dot in the last part (the suffix begins at its first dot).
  public static func check(_ key: String) throws(RecordError.Reason) {
    guard !key.isEmpty else { throw .name("an empty key") }
    guard key.utf8.count <= RecordLimits.keyBytes else {
      throw .tooLarge(what: "a key", bytes: key.utf8.count, limit: RecordLimits.keyBytes)
    }
    guard !key.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw .name("a key with control characters")
    }
    let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard !parts.contains(where: \.isEmpty) else {
      throw .name("a key with an empty part (an absolute path, or two slashes)")
    }
    guard !parts.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) })
    else { throw .name("a key that climbs (`.` or `..`)") }
    guard parts.last?.contains(UInt8(ascii: ".")) == false else {
      throw .name("a key with a dot in its last part")
    }
  }

  /// Accepts only suffixes of visible ASCII without upper case or slashes, and without dots at the
  /// ends.
  public static func check(suffix: String) throws(RecordError.Reason) {
    let bytes = Array(suffix.utf8)
    guard (1...RecordLimits.suffixBytes).contains(bytes.count) else {
      throw .name("a suffix of \(bytes.count) bytes (1 to \(RecordLimits.suffixBytes) allowed)")
    }
    let isClean = bytes.allSatisfy { byte in
      (0x21...0x7E).contains(byte) && !(0x41...0x5A).contains(byte)
        && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "\\")
    }
    let dot = UInt8(ascii: ".")
    guard isClean, bytes.first != dot, bytes.last != dot else {
      throw .name("a suffix that is not lower-case visible ASCII, or has a dot at an end")
    }
  }

  private static func underscored(_ part: Substring.UnicodeScalarView) -> String {
    String(String.UnicodeScalarView(part.map { $0 == "." ? "_" : $0 }))
  }
}

/// Gives each sample a key of its own: the second `a` becomes `a-2`, the third `a-3`.
///
/// Memory: a set of 64-bit hashes, 12 to 24 bytes per key (at most 2.4 GB for a hundred million),
/// and a count for each key that came twice. If two different keys have the same hash, the second
/// one gets a number without need, and nothing worse happens.
public struct UniqueKeys: Sendable {
  private var taken = Set<UInt64>()
  private var last: [UInt64: Int] = [:]

  public init() {}

  /// The key itself, or the key with the lowest number from 2 on that makes it new.
  public mutating func unique(_ key: String) -> String {
    let hash = Self.hash(key)
    guard !taken.insert(hash).inserted else { return key }
    var number = last[hash, default: 1]
    var candidate: String
    repeat {
      number += 1
      candidate = "\(key)-\(number)"
    } while !taken.insert(Self.hash(candidate)).inserted
    last[hash] = number
    return candidate
  }

  private static func hash(_ key: String) -> UInt64 {
    var key = key
    return key.withUTF8 { XXH64($0.baseAddress, $0.count, 0) }
  }
}
