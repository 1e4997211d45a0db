/// The keys' help on a terminal.
public struct KeyHelp {
  private let book: KeyBook
  private static let width = 96

  public init(_ book: KeyBook) { self.book = book }

  /// Every key with its default and type, a line each.
  public var table: String { table(book.entries.flatMap(book.listed)) }

  /// Everything about a key, and the keys below it.
  /// - Parameter path: such as `optimizer.lr`; positions in lists may be left out.
  /// - Throws: `ConfigurationError` for an unknown key, with the nearest known one.
  public func text(of path: String) throws(ConfigurationError) -> String {
    guard let entry = book.entry(path) else {
      throw ConfigurationError(
        "--keys", path, .unknownKey(suggestion: book.suggestion(for: path)))
    }
    let way = book.way(to: path)
    var lines = [way.map(\.name).joined(separator: ".")]
    lines.append("  type      \(entry.type.plain)")
    if !entry.standard.isEmpty { lines.append("  default   \(entry.standard.plain)") }
    let isFree = way.contains(where: \.isFree)
    lines.append("  on resume \(isFree ? "may change" : "may change only with --set")")
    if !entry.meaning.isEmpty { lines += ["", wrapped(entry.meaning.plain)] }
    if !entry.members.isEmpty {
      let parent = way.dropLast().map(\.name).joined(separator: ".")
      lines += ["", table(entry.all(below: parent).dropFirst())]
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ keys: some Collection<(path: String, entry: KeyEntry)>) -> String {
    let names = keys.reduce(0) { max($0, $1.path.count) }
    let defaults = keys.reduce(0) { max($0, min(30, $1.entry.standard.plain.count)) }
    return keys.map { path, entry in
      let standard = entry.standard.plain.cut(to: defaults).padded(to: defaults)
      return "\(path.padded(to: names))  \(standard)  \(entry.type.plain)".cut(to: KeyHelp.width)
    }.joined(separator: "\n")
  }

  private func wrapped(_ text: String) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count > KeyHelp.width - 3 { lines.append("") }
      lines[lines.count - 1] += " " + word
    }
    return lines.map { " \($0)" }.joined(separator: "\n")
  }
}

extension String {
  /// Markdown without its links and code marks.
  fileprivate var plain: String {
    let link = /\[([^\]]+)\]\([^)]+\)/
    return replacing(link) { $0.1 }.replacing("`", with: "")
  }

  fileprivate func cut(to width: Int) -> String {
    count <= width ? self : prefix(width - 1) + "…"
  }

  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
