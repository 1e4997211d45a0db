import Foundation

/// The merges of CLIP's vocabulary, in the order of their ranks: a file with a header line that
/// holds `#version:`, then one pair of symbols a line.
///
/// - Source: `bpe_simple_vocab_16e6.txt.gz` of CLIP and open_clip, which read its first 48,894
///   merges; Hugging Face's `merges.txt` holds just these.
package struct CLIPMerges: Sendable {
  /// The most bytes of the unpacked file; CLIP's own has 3.2 MB.
  package static let maximumBytes = 16 << 20
  package static let maximumCount = 49_152 - 256 - 2

  /// Each symbol's bytes in the order of ids: 256, 256 that end a word, one a merge.
  package private(set) var symbols: [[UInt8]]
  /// The symbol that two neighbours become; the lower its id, the earlier the merge.
  package private(set) var merged: [Pair: Int32] = [:]
  /// The header and the used merges, as text.
  package private(set) var text: Data

  package struct Pair: Hashable, Sendable {
    package let left: Int32
    package let right: Int32

    package init(_ left: Int32, _ right: Int32) { (self.left, self.right) = (left, right) }
  }

  static func isRecognized(_ bytes: Data) -> Bool {
    Gunzip.isGzip(bytes) || hasHeader(bytes)
  }

  /// - Throws: `badGzip`, `tooLarge`, `badMerges` with the line.
  package init(_ file: Data, name: String) throws(TextError) {
    let bytes =
      Gunzip.isGzip(file) ? try Gunzip.inflate(file, limit: Self.maximumBytes, name: name) : file
    guard bytes.count <= Self.maximumBytes else {
      throw TextError(name, .tooLarge(bytes: bytes.count, limit: Self.maximumBytes))
    }
    guard Self.hasHeader(bytes) else {
      throw TextError(name, .badMerges(line: 1, "is no header with #version:"))
    }
    text = Data("#version: 0.2\n".utf8)
    symbols = ByteSymbols.bytes.map { [$0] }
    symbols += symbols.map { $0 + ByteSymbols.wordEnd }
    let plain = ByteSymbols.characters
    let names = plain + plain.map { $0 + ByteSymbols.wordEnd }
    var ids = Dictionary(uniqueKeysWithValues: zip(names, Int32(0)...))
    let lines = bytes.split(
      separator: UInt8(ascii: "\n"), maxSplits: Self.maximumCount + 1,
      omittingEmptySubsequences: false)
    for (index, line) in lines.dropFirst().prefix(Self.maximumCount).enumerated() {
      let words = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if words.isEmpty, index + 2 == lines.count { break }
      do { try add(words, &ids) } catch {
        throw TextError(name, .badMerges(line: index + 2, error.why))
      }
    }
    if merged.isEmpty { throw TextError(name, .badMerges(line: 2, "is missing")) }
  }

  private struct Fault: Error {
    let why: String
  }

  private mutating func add(_ line: Data, _ ids: inout [[UInt8]: Int32]) throws(Fault) {
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 2, !words[0].isEmpty, !words[1].isEmpty else {
      throw Fault(why: "is not two symbols with one space between")
    }
    let names = words.map { Array($0) }
    var parts: [Int32] = []
    for name in names {
      guard let id = ids[name] else {
        throw Fault(why: "has \(Self.quoted(name)), which is neither a byte nor a merge above")
      }
      parts.append(id)
    }
    let id = Int32(symbols.count)
    guard ids.updateValue(id, forKey: names[0] + names[1]) == nil else {
      throw Fault(why: "makes \(Self.quoted(names[0] + names[1])), which exists already")
    }
    symbols.append(symbols[Int(parts[0])] + symbols[Int(parts[1])])
    merged[Pair(parts[0], parts[1])] = id
    text.append(contentsOf: line + [UInt8(ascii: "\n")])
  }

  private static func quoted(_ name: [UInt8]) -> String {
    let text = String(decoding: name.prefix(40), as: UTF8.self)
    let visible = text.unicodeScalars.filter {
      !$0.isPythonSpace && ![.control, .format].contains($0.properties.generalCategory)
    }
    return "\"\(String(String.UnicodeScalarView(visible)))\""
  }

  private static func hasHeader(_ bytes: Data) -> Bool {
    let line = bytes.prefix(256).prefix { $0 != UInt8(ascii: "\n") }
    return line.range(of: Data("#version:".utf8)) != nil
  }
}
