/// A reference to a row of an input; small (except `sample`), so that a shuffle can hold all of
/// them.
enum RowReference: Sendable, Equatable {
  case line(LineScanner.Line)
  /// A picture's path below the root, and the suffixes of the texts beside it as they are written.
  case picture(path: String, text: String?, json: String?)
  /// An image in a file of annotations, by its index.
  case image(Int)
  /// A sample of an archive with its bytes, since archives are read only once.
  case sample(ArchivedSample)
  /// Something that should be a row but cannot be used.
  case unusable(PackingError)

  /// Memory of the reference besides its own size.
  var bytes: Int {
    guard case .sample(let sample) = self else { return 0 }
    return sample.bytes
  }
}

/// Visits an input's rows in their order. One thread uses it.
protocol RowWalk {
  mutating func next() throws(PackingError) -> RowReference?
  /// How much of the input has been read, 0 to 1; nil where that is unknown.
  var fraction: Double? { get }
  /// Files and entries so far that are not rows, and how often they came.
  var ignored: IgnoredFiles { get }
}

extension RowWalk {
  var ignored: IgnoredFiles { IgnoredFiles() }
}

/// A source of rows. One thread visits the rows, and many threads read them.
protocol PackInput: Sendable {
  /// A walk that begins at the first row.
  func walk() -> any RowWalk
  /// A walk for reading only the texts of rows.
  func textWalk() -> any RowWalk
  /// Where a row is, for people: a file, or a file and a line.
  func place(of reference: RowReference) -> String
  func row(_ reference: RowReference) throws(PackingError) -> InputRow
  /// The row's path where it is known without reading the row; otherwise nil.
  func path(of reference: RowReference) -> String?
  /// For each class, in the order of `cls`, its names separated by `|`; nil if there are no
  /// classes.
  var classes: [String]? { get }
  /// Something that people should know about the input as a whole.
  var notice: String? { get }
  /// Whether rows come with their bytes and so only in one order.
  var isStream: Bool { get }
}

extension PackInput {
  func path(of reference: RowReference) -> String? {
    guard case .picture(let path, _, _) = reference else { return nil }
    return path
  }

  func textWalk() -> any RowWalk { walk() }
  var classes: [String]? { nil }
  var notice: String? { nil }
  var isStream: Bool { false }
}

/// Files that an input does not use, counted by suffix.
struct IgnoredFiles: Sendable, Equatable {
  private static let kinds = 64
  private var counts: [String: Int] = [:]

  /// - Parameter suffix: without the dot; from the 65th kind on all are counted as one kind.
  mutating func add(suffix: some StringProtocol) {
    let kind = suffix.isEmpty ? "without a suffix" : ".\(suffix.prefix(40))"
    let known = counts[kind] != nil || counts.count < Self.kinds
    counts[known ? kind : "of other kinds", default: 0] += 1
  }

  mutating func add(file name: String) {
    let dot = name.lastIndex(of: ".")
    add(suffix: dot.map { name[name.index(after: $0)...] } ?? "")
  }

  func adding(_ others: IgnoredFiles?) -> IgnoredFiles {
    var sum = self
    sum.counts.merge(others?.counts ?? [:], uniquingKeysWith: +)
    return sum
  }

  /// `ignored: 3 .parquet, 1 .csv`; nil where nothing was ignored.
  var text: String? {
    if counts.isEmpty { return nil }
    let parts = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return "ignored: " + parts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }
}

/// Walks over the lines of a file.
struct LineWalk: RowWalk {
  private var scanner: LineScanner

  init(_ scanner: LineScanner) { self.scanner = scanner }

  mutating func next() throws(PackingError) -> RowReference? {
    try scanner.next().map { .line($0) }
  }

  var fraction: Double? { scanner.fraction }
}

/// Walks over rows that were collected before.
struct ListWalk: RowWalk {
  private let references: [RowReference]
  private var position = 0
  let ignored: IgnoredFiles

  init(_ references: [RowReference], ignored: IgnoredFiles = IgnoredFiles()) {
    self.references = references
    self.ignored = ignored
  }

  mutating func next() throws(PackingError) -> RowReference? {
    guard position < references.count else { return nil }
    defer { position += 1 }
    return references[position]
  }

  var fraction: Double? {
    references.isEmpty ? nil : Double(position) / Double(references.count)
  }
}
