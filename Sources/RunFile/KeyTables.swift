/// The tables of keys in a Markdown file.
///
/// A table stands between a line `<!-- keys: NAME NAME -->`, which lists its top-level keys, and a
/// line `<!-- end of keys -->`. After `<!-- keys free on resume -->` stands a list of those keys.
public struct KeyTables {
  private let book: KeyBook
  private static let end = "<!-- end of keys -->"
  private static let free = "<!-- keys free on resume -->"

  public init(_ book: KeyBook) { self.book = book }

  /// The file with its tables written again; everything else stays.
  /// - Throws: `ConfigurationError` for a marker that names no key or has no end.
  /// - Parameter name: the file's name, for errors.
  public func remade(_ text: String, name: String) throws(ConfigurationError) -> String {
    var lines: [Substring] = []
    var isTable = false
    let old = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in old.enumerated() {
      if line == KeyTables.end { isTable = false }
      if !isTable { lines.append(line) }
      if line == KeyTables.free {
        isTable = true
        lines.append(freeKeys[...])
      } else if let names = KeyTables.names(line) {
        isTable = true
        lines += try table(names, place: "\(name):\(index + 1)").map { $0[...] }
      }
    }
    guard !isTable else {
      throw ConfigurationError(name, "", .syntax("a table of keys has no \(KeyTables.end)"))
    }
    return lines.joined(separator: "\n")
  }

  /// The top-level keys that a file's tables have.
  public static func names(in text: String) -> [String] {
    text.split(separator: "\n").compactMap(names).flatMap { $0 }
  }

  private static func names(_ line: Substring) -> [String]? {
    let marker = /<!-- keys: (.+) -->/
    return line.wholeMatch(of: marker).map { $0.1.split(separator: " ").map(String.init) }
  }

  /// The keys that are free on resume; a section that is free as a whole is listed by its name.
  private var freeKeys: String {
    book.all.filter { path, entry in
      entry.isFree && !book.way(to: path).dropLast().contains(where: \.isFree)
    }.map { "`\($0.path)`" }.joined(separator: ", ") + "."
  }

  private func table(
    _ names: [String], place: String
  ) throws(ConfigurationError) -> [String] {
    var lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name in names {
      guard let entry = book.entry(name) else {
        throw ConfigurationError(
          place, name, .unknownKey(suggestion: book.suggestion(for: name)))
      }
      lines += book.listed(entry).map { path, entry in
        let cells = ["`\(path)`", entry.type, entry.standard, entry.meaning]
        return "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
      }
    }
    return lines
  }
}
