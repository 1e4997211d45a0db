/// Points at a row of an input; small, so that a shuffle can hold all of them.
enum RowReference: Sendable, Equatable {
  case line(LineScanner.Line)
  /// A picture's path below the root, and which texts stand beside it.
  case picture(path: String, hasText: Bool, hasJSON: Bool)
}

/// Walks over an input's rows in their order. Used by one thread.
protocol RowWalk {
  mutating func next() throws(PackingError) -> RowReference?
  /// How much of the input lies behind, 0 to 1, where that is known.
  var fraction: Double? { get }
}

/// A source of rows. Rows are walked over by one thread and read by many.
protocol PackInput: Sendable {
  /// A walk from the first row on.
  func walk() -> any RowWalk
  /// Where a row is, for a person: a file, or a file and a line.
  func place(of reference: RowReference) -> String
  func row(_ reference: RowReference) throws(PackingError) -> InputRow
  /// The row's path where it is known without reading the row, else nil.
  func path(of reference: RowReference) -> String?
}

extension PackInput {
  func path(of reference: RowReference) -> String? {
    guard case .picture(let path, _, _) = reference else { return nil }
    return path
  }
}

/// Walks over the lines of a file.
struct LineWalk: RowWalk {
  private var scanner: LineScanner

  init(_ scanner: LineScanner) { self.scanner = scanner }

  mutating func next() throws(PackingError) -> RowReference? {
    try scanner.next().map { .line($0) }
  }

  var fraction: Double? {
    scanner.file.bytes > 0 ? Double(scanner.offset) / Double(scanner.file.bytes) : nil
  }
}

/// Walks over rows that were collected before.
struct ListWalk: RowWalk {
  private let references: [RowReference]
  private var position = 0

  init(_ references: [RowReference]) { self.references = references }

  mutating func next() throws(PackingError) -> RowReference? {
    guard position < references.count else { return nil }
    defer { position += 1 }
    return references[position]
  }

  var fraction: Double? {
    references.isEmpty ? nil : Double(position) / Double(references.count)
  }
}
