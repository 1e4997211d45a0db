/// Points at a row of an input; small, so that a shuffle can hold all of them (but for `sample`).
enum RowReference: Sendable, Equatable {
  case line(LineScanner.Line)
  /// A picture's path below the root, and how the suffixes of the texts beside it are written.
  case picture(path: String, text: String?, json: String?)
  /// An image of a file of annotations, by its number.
  case image(Int)
  /// A sample of an archive with its bytes: archives are read once, from front to back.
  case sample(ArchivedSample)
  /// Something in the place of a row that is none.
  case unusable(PackingError)

  /// Memory that the reference holds besides itself.
  var bytes: Int {
    guard case .sample(let sample) = self else { return 0 }
    return sample.bytes
  }
}

/// Walks over an input's rows in their order. Used by one thread.
protocol RowWalk {
  mutating func next() throws(PackingError) -> RowReference?
  /// How much of the input lies behind, 0 to 1, where that is known.
  var fraction: Double? { get }
  /// What was met so far and is no row, and how often.
  var ignored: IgnoredFiles { get }
}

extension RowWalk {
  var ignored: IgnoredFiles { IgnoredFiles() }
}

/// A source of rows. Rows are walked over by one thread and read by many.
protocol PackInput: Sendable {
  /// A walk from the first row on.
  func walk() -> any RowWalk
  /// A walk whose rows are read for their texts only.
  func textWalk() -> any RowWalk
  /// Where a row is, for a person: a file, or a file and a line.
  func place(of reference: RowReference) -> String
  func row(_ reference: RowReference) throws(PackingError) -> InputRow
  /// The row's path where it is known without reading the row, else nil.
  func path(of reference: RowReference) -> String?
  /// For each class, in the order of `cls`, its names divided by `|`; nil for an input without.
  var classes: [String]? { get }
  /// What a person should know of the input as a whole.
  var notice: String? { get }
  /// Whether rows come with their bytes, in the only order there is.
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

/// Files that an input has no use for, counted by their suffixes.
struct IgnoredFiles: Sendable, Equatable {
  private static let kinds = 64
  private var counts: [String: Int] = [:]

  /// - Parameter suffix: without the dot; of more than 64 kinds the rest are counted as one.
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

  /// `ignored: 3 .parquet, 1 .csv`, or nil for nothing.
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
