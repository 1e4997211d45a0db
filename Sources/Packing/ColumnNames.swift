/// The columns of a table, or keys of a JSON object, and what they hold; nil: the usual names.
struct ColumnNames: Sendable, Equatable {
  var image: String?
  var caption: String?
  var labels: String?
}

/// What a column may hold.
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

  /// The usual names, in the order in which they are searched.
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

/// Finds a table's columns by the given or the usual names.
struct ColumnFinder {
  let place: String
  let header: [String]

  func optional(_ name: String?, _ column: Column) throws(PackingError) -> Int? {
    if let name {
      guard let index = header.firstIndex(of: name) else { throw missing(column, "`\(name)`") }
      return index
    }
    let names = header.map { $0.trimmingSpace.lowercased() }
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
