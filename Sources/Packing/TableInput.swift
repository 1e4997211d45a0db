import Foundation

/// A file of columns divided by tabs, without quotes: what stands between two tabs is a value.
struct TableInput: PackInput {
  /// Columns by their names in the header line, or by their numbers from 1.
  struct Columns: Sendable, Equatable {
    var image: String?
    var caption: String?
    var labels: String?
    var hasHeader: Bool
  }

  private let file: InputFile
  private let root: InputRoot
  private let start: LineScanner
  private let image: Int
  private let caption: Int?
  private let labels: Int?
  private let classIndex: Int?

  init(file url: URL, root: URL?, columns: Columns) throws(PackingError) {
    file = try InputFile(path: url.path)
    self.root = InputRoot(root ?? url.deletingLastPathComponent())
    var scanner = LineScanner(file: file)
    if columns.hasHeader {
      let line = try scanner.next()
      let header = if let line { try file.text(line) } else { "" }
      let finder = ColumnFinder(place: file.path, header: Self.split(header))
      image = try finder.find(columns.image, .image)
      caption = try finder.optional(columns.caption, .caption)
      labels = try finder.optional(columns.labels, .labels)
      classIndex = try finder.optional(nil, .classIndex)
    } else {
      image = try Self.number(columns.image, .image) ?? 0
      let firstOther = image == 0 ? 1 : 0
      let labels = try Self.number(columns.labels, .labels)
      caption = try Self.number(columns.caption, .caption) ?? (labels == nil ? firstOther : nil)
      self.labels = labels
      classIndex = nil
    }
    start = scanner
  }

  func walk() -> any RowWalk { LineWalk(start) }

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
      return try row(values: Self.split(try file.text(line)), place: place)
    } catch {
      throw PackingError(place, error.reason)
    }
  }

  private func row(values: [String], place: String) throws(PackingError) -> InputRow {
    let needed = [image, caption, labels, classIndex].compactMap { $0 }.max() ?? 0
    guard values.count > needed else {
      throw PackingError(place, .row("\(values.count) columns, \(needed + 1) needed"))
    }
    var row = InputRow(path: "", file: "")
    do throws(PackingError.Reason) {
      (row.path, row.file) = try root.resolve(values[image])
      if let classIndex, !values[classIndex].isEmpty {
        let value = Int64(values[classIndex]).map { JSONValue.integer($0) } ?? .boolean(false)
        row.classIndex = try value.classIndex()
      }
    } catch {
      throw PackingError(place, error)
    }
    if let caption { row.add(caption: values[caption]) }
    if let labels {
      row.labels = values[labels].split(separator: ",")
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    return row
  }

  private static func split(_ line: String) -> [String] {
    line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  }

  private static func number(
    _ text: String?, _ column: ColumnFinder.Column
  ) throws(PackingError) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), (1...10_000).contains(number) else {
      let why = "with --no-header a column is a number from 1, not `\(text)`"
      throw PackingError(column.option, .setting(why))
    }
    return number - 1
  }
}

/// Finds columns by given or customary names.
struct ColumnFinder {
  enum Column {
    case image, caption, labels, classIndex

    var option: String {
      switch self {
      case .image: "--image-column"
      case .caption: "--caption-column"
      case .labels: "--labels-column"
      case .classIndex: "cls"
      }
    }

    /// In the order in which they are looked for.
    var customary: [String] {
      switch self {
      case .image: ["file", "filepath", "file_path", "file_name", "filename", "image", "path",
                    "image_path", "img", "picture"]
      case .caption: ["caption", "title", "text", "alt_text", "alt", "description"]
      case .labels: ["labels", "tags", "keywords"]
      case .classIndex: ["cls"]
      }
    }
  }

  let place: String
  let header: [String]

  func optional(_ name: String?, _ column: Column) throws(PackingError) -> Int? {
    if let name {
      guard let index = header.firstIndex(of: name) else { throw missing(column, "`\(name)`") }
      return index
    }
    let names = header.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    return column.customary.lazy.compactMap { names.firstIndex(of: $0) }.first
  }

  func find(_ name: String?, _ column: Column) throws(PackingError) -> Int {
    guard let index = try optional(name, column) else {
      throw missing(column, "named \(column.customary.prefix(4).joined(separator: ", ")) …")
    }
    return index
  }

  private func missing(_ column: Column, _ wanted: String) -> PackingError {
    PackingError(
      place, .columnMissing(option: column.option, wanted: wanted, header: header))
  }
}
