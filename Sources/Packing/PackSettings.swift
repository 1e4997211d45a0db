import Foundation
import Records

/// What to pack, and how.
public struct PackSettings: Sendable {
  /// One of several packers that share an input: it takes every row whose number modulo `count` is
  /// `index`.
  public struct Part: Sendable, Equatable {
    public var index: Int
    public var count: Int

    public init(index: Int, count: Int) {
      self.index = index
      self.count = count
    }

    /// Reads `I/N`; the packer checks whether I is below N.
    public init?(_ text: String) {
      let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let index = numbers[0], let count = numbers[1] else { return nil }
      self.init(index: index, count: count)
    }
  }

  public var input: URL
  /// Nil: guessed from the input's name.
  public var format: InputFormat?
  /// The folder that relative paths start from; nil: the input's folder.
  public var root: URL?
  /// For Karpathy's files: splits, separated by commas; nil: all.
  public var split: String?
  /// A table of names for labels and for the classes of an imagefolder.
  public var names: URL?
  /// A table of the more general labels above labels and classes.
  public var parents: URL?
  public var filters = PackFilters()
  /// Datasets whose pictures are dropped, as are copies and look-alikes of them.
  public var against: [URL] = []
  public var imageColumn: String?
  public var captionColumn: String?
  public var labelsColumn: String?
  public var hasHeader = true
  /// Whether links to pictures and texts may lead out of the root.
  public var followsLinks = false

  public var directory: URL
  /// Compressed bytes at which a shard is closed.
  public var shardBytes = 256 << 20
  /// Raw bytes at which a frame is closed.
  public var frameBytes = 1 << 20
  public var level: Int32 = 3

  /// Pictures with a longer side are reduced to this size; nil leaves them as they are.
  public var maximumSide: Int?
  /// Nil: the input's order.
  public var seed: UInt64?
  /// Takes only so many rows, the first ones after shuffling.
  public var limit: Int?
  public var jobs = ProcessInfo.processInfo.activeProcessorCount
  public var part: Part?

  public init(input: URL, directory: URL) {
    self.input = input
    self.directory = directory
  }

  /// The folder's name, followed by the part's number where there are parts.
  var shardName: String {
    let name = directory.standardizedFileURL.lastPathComponent
    return part.map { "\(name)-\($0.index)" } ?? name
  }

  func check() throws(PackingError) {
    func require(_ holds: Bool, _ option: String, _ why: String) throws(PackingError) {
      guard holds else { throw PackingError(option, .setting(why)) }
    }
    try filters.check()
    try require((1...1024).contains(jobs), "--jobs", "\(jobs) is not from 1 to 1024")
    if let limit { try require(limit > 0, "--limit", "\(limit) is not above 0") }
    if let maximumSide {
      let why = "\(maximumSide) is not from 1 to 65500"
      try require((1...65_500).contains(maximumSide), "--max-side", why)
    }
    if let part {
      let why = "\(part.index)/\(part.count) is not a part: give I/N with I from 0 to N - 1"
      try require(part.count > 0 && (0..<part.count).contains(part.index), "--part", why)
    }
  }

  /// Opens the input; refuses options that its format does not use.
  func openInput() throws(PackingError) -> any PackInput {
    try refusePattern()
    let format = try resolvedFormat()
    try refuseOptions(without: format)
    let columns = ColumnNames(image: imageColumn, caption: captionColumn, labels: labelsColumn)
    switch format {
    case .folder: return try FolderInput(folder: input, columns: columns, within: bounds)
    case .jsonl: return try JSONLinesInput(file: input, root: root, columns: columns)
    case .tsv, .csv:
      return try TableInput(
        file: input, root: root, dialect: format == .tsv ? .tabs : .quoted, columns: columns,
        hasHeader: hasHeader)
    case .webdataset: return try ArchiveInput(input, columns: columns, part: part)
    case .coco:
      return try COCOInput(file: input, root: root, splits: split?.dividedByCommas)
    case .imagefolder:
      return try ImageFolderInput(
        folder: input, columns: columns, within: bounds, table: try labelTables())
    }
  }

  /// The table that renames the labels of rows; nil for an imagefolder, which renames them itself.
  func labelTable() throws(PackingError) -> LabelTable? {
    guard names != nil || parents != nil, try resolvedFormat() != .imagefolder else { return nil }
    return try labelTables()
  }

  private func labelTables() throws(PackingError) -> LabelTable {
    var table = LabelTable()
    if let names { table.names = try LabelNames(file: names) }
    if let parents { table.parents = try LabelNames(file: parents) }
    return table
  }

  /// The root's path without links; nil where links may lead out of it.
  var bounds: String? {
    let folder = root ?? (input.isFolder ? input : input.deletingLastPathComponent())
    return followsLinks ? nil : InputFile.realPath(folder.path)
  }

  /// How pictures are compared with each other.
  var marks: PackFilters.Duplicates {
    filters.duplicates == .keep && !against.isEmpty ? .near : filters.duplicates
  }

  /// All settings that decide which samples the shards hold.
  var decisive: [String] {
    let format = try? resolvedFormat()
    let numbers = [frameBytes, shardBytes, Int(level), maximumSide ?? 0]
    return [
      "\(format.map(\.rawValue) ?? "")", "\(numbers)", "\(seed.map { "\($0)" } ?? "")",
      "\(limit ?? 0)", split ?? "", imageColumn ?? "", captionColumn ?? "", labelsColumn ?? "",
      "\(hasHeader)", "\(filters)", names?.lastPathComponent ?? "",
      parents?.lastPathComponent ?? "",
    ] + (followsLinks ? ["--follow-links"] : [])
  }

  private func refuseOptions(without format: InputFormat) throws(PackingError) {
    let isTable = format == .tsv || format == .csv
    let isNamed = isTable || format == .jsonl
    let uses: [(String, isGiven: Bool, isUsed: Bool)] = [
      ("--image-column", imageColumn != nil, isNamed),
      ("--caption-column", captionColumn != nil, format != .coco),
      ("--labels-column", labelsColumn != nil, format != .coco),
      ("--no-header", !hasHeader, isTable),
      ("--follow-links", followsLinks, format != .webdataset),
      ("--root", root != nil, isNamed || format == .coco),
      ("--split", split != nil, format == .coco),
      ("--seed", seed != nil, format != .webdataset),
      ("--names", names != nil, format != .folder),
      ("--parents", parents != nil, format != .folder),
    ]
    for (option, isGiven, isUsed) in uses where isGiven && !isUsed {
      throw PackingError(input.path, .noUse(option: option, format: format.rawValue))
    }
  }

  /// Refuses `{00..99}.tar`, `*.tar` and `a.tar::b.tar`, which other programs expand.
  private func refusePattern() throws(PackingError) {
    guard !FileManager.default.fileExists(atPath: input.path),
      input.path.contains(#/\{.*\}|\*|::/#)
    else { return }
    throw PackingError(input.path, .severalInputs)
  }

  private func resolvedFormat() throws(PackingError) -> InputFormat {
    if let format { return format }
    return try InputFormat(guessing: input)
  }

  /// Refuses a folder with a finished dataset, or with shards of another name.
  /// - Returns: whether shards of this name are there, from a packer that was stopped.
  func checkFolder() throws(PackingError) -> Bool {
    guard try FolderWalk.isFolder(directory.path, followingLinks: true) else { return false }
    let files = try FolderWalk.names(in: directory.path)
    if files.contains(RecordIndex.fileName) { throw PackingError(directory.path, .finished) }
    let shards = files.filter { $0.hasSuffix(".tar.zst") }
    let own = shards.filter { name in
      let number = name.dropFirst(shardName.count + 1).dropLast(".tar.zst".count)
      return name.hasPrefix(shardName + "-") && !number.isEmpty && number.allSatisfy(\.isNumber)
    }
    if part == nil, let other = shards.first(where: { !own.contains($0) }) {
      throw PackingError(directory.path, .otherShards(other))
    }
    return !own.isEmpty
  }
}
