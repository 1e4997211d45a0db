import Foundation
import JSON

/// A file of columns: tsv has tabs between them and no quotes; csv has quotes, and its first line
/// shows which separator it uses.
struct TableInput: PackInput {
  enum Dialect: Sendable { case tabs, quoted }

  private let file: InputFile
  private let root: InputRoot
  private let start: LineScanner
  /// Nil: tabs, without quotes.
  private let separator: UInt8?
  private let image: Int
  private let caption: Int?
  private let labels: Int?
  private let classIndex: Int?
  /// Names of the other columns, which are kept, by their index.
  private let others: [Int: String]

  init(
    file url: URL, root: URL?, dialect: Dialect, columns: ColumnNames, hasHeader: Bool
  ) throws(PackingError) {
    file = try InputFile(path: url.path)
    self.root = InputRoot(root ?? url.deletingLastPathComponent())
    var scanner = LineScanner(file: file)
    separator = dialect == .tabs ? nil : try Self.separator(scanner)
    guard hasHeader else {
      image = try Self.number(columns.image, .image) ?? 0
      let firstOther = image == 0 ? 1 : 0
      labels = try Self.number(columns.labels, .labels)
      caption = try Self.number(columns.caption, .caption) ?? (labels == nil ? firstOther : nil)
      (classIndex, others, start) = (nil, [:], scanner)
      return
    }
    let line = try scanner.next()
    let header = if let line { try Self.split(file.text(line), separator) } else { [""] }
    let finder = ColumnFinder(place: file.path, header: header)
    image = try finder.find(columns.image, .image)
    caption = try finder.optional(columns.caption, .caption)
    labels = try finder.optional(columns.labels, .labels)
    classIndex = try finder.optional(nil, .classIndex)
    let used = [image, caption, labels, classIndex]
    others = Dictionary(uniqueKeysWithValues: header.enumerated().filter {
      !used.contains($0.offset) && !$0.element.isEmpty && !InputRow.keys.contains($0.element)
    }.map { ($0.offset, $0.element) })
    start = scanner
  }

  func walk() -> any RowWalk {
    separator.map { QuotedLineWalk(start, separator: $0) } ?? LineWalk(start)
  }

  func place(of reference: RowReference) -> String {
    guard case .line(let line) = reference else { return file.path }
    return "\(file.path) line \(line.number)"
  }

  func row(_ reference: RowReference) throws(PackingError) -> InputRow {
    guard case .line(let line) = reference else {
      preconditionFailure("a row of another input")
    }
    let place = place(of: reference)
    do throws(PackingError) {
      return try row(values: Self.split(try file.text(line), separator), place: place)
    } catch {
      throw PackingError(place, error.reason)
    }
  }

  private func row(values: [String], place: String) throws(PackingError) -> InputRow {
    let needed = [image, caption, labels, classIndex].compactMap { $0 }.max() ?? 0
    guard values.count > needed else {
      throw PackingError(place, .row("\(values.count) columns, \(needed + 1) needed"))
    }
    var row = InputRow()
    do throws(PackingError.Reason) {
      try row.locate(values[image], in: root)
      if let classIndex, !values[classIndex].isEmpty {
        let value = Int(values[classIndex]).map { JSONValue.integer($0) } ?? .bool(false)
        row.classIndex = try value.classIndex()
      }
    } catch {
      throw PackingError(place, error)
    }
    if let caption { row.add(caption: values[caption]) }
    if let labels { row.labels = values[labels].dividedByCommas }
    for (index, name) in others where index < values.count && !values[index].isEmpty {
      row.others[name] = .string(values[index])
    }
    return row
  }

  private static func split(_ line: String, _ separator: UInt8?) -> [String] {
    guard let separator else {
      return line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    return QuoteState.split(Array(line.utf8), separator: separator)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The separator that is the most frequent in the first line: comma, tab or semicolon; if equal,
  /// comma.
  private static func separator(_ start: LineScanner) throws(PackingError) -> UInt8 {
    var scanner = start
    guard let line = try scanner.next() else { return UInt8(ascii: ",") }
    let bytes = try start.file.bytes(line)
    func count(_ byte: UInt8) -> Int { bytes.count { $0 == byte } }
    let candidates = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")]
    let most = candidates.map(count).max() ?? 0
    return candidates.first { count($0) == most } ?? candidates[0]
  }

  private static func number(
    _ text: String?, _ column: Column
  ) throws(PackingError) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), (1...10_000).contains(number) else {
      let why = "with --no-header a column is a number from 1, not `\(text)`"
      throw PackingError(column.option, .setting(why))
    }
    return number - 1
  }
}
