import Foundation

/// A table that gives labels, such as ImageNet's synsets, their names or the label above them.
///
/// A line is an id, then a tab, space or comma, then names separated by `|` or by commas, as in
/// `n01440764 tench, Tinca tinca`. An id before a tab may have spaces. Empty lines are left out.
struct LabelNames: Sendable {
  static let byteLimit = 64 << 20

  let place: String
  private let names: [String: String]

  init(file url: URL) throws(PackingError) {
    let bytes = try InputFile.read(path: url.path, what: "the table", limit: Self.byteLimit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PackingError(url.path, .row("not UTF-8"))
    }
    var names: [String: String] = [:]
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      let end = line.firstIndex(of: "\t") ?? line.firstIndex { $0 == " " || $0 == "," }
      let list = end.map { line[line.index(after: $0)...] } ?? ""
      let parts = list.split(separator: list.contains("|") ? "|" : ",")
        .map { String($0).trimmingSpace }.filter { !$0.isEmpty }
      guard let end, !parts.isEmpty else {
        throw PackingError("\(url.path) line \(index + 1)", .row("no name after the id"))
      }
      names[String(line[..<end]).trimmingSpace] = parts.joined(separator: "|")
    }
    place = url.path
    self.names = names
  }

  /// The names, separated by `|`.
  subscript(id: String) -> String? { names[id] }
}
