import Foundation
import Records
import Tensors

/// Packs an input into shards.
///
/// Several threads read and check pictures and compress frames. Rows stay in order, so the same
/// input and settings give the same bytes for any number of threads. Memory: a dozen pictures and
/// two frames per thread (for archives 256 MiB of samples and one more), 12 to 24 bytes per key,
/// and with a seed about 40 bytes per row (for a folder the paths themselves); for the filters see
/// `TextCounts` and `SeenPictures`.
public struct Packer {
  private let settings: PackSettings
  private let input: any PackInput
  private let pool: WorkerPool
  private var shards: ShardFiller
  private var keys = UniqueKeys()
  private var counts = PackCounts()
  private var seen: SeenPictures?
  private var evaluated = SeenPictures()
  /// Rows of a folder that were left out because no text is beside the picture.
  private var bare = 0
  /// The keys that hold texts in the first sample without a caption.
  private var otherTexts: [String]?
  /// The first file whose key is not its path, and that key.
  private var renamed: (path: String, key: String)?
  /// The key of the last row.
  private var lastKey: String?

  /// Opens the input and the folder.
  /// - Throws: `PackingError`, `RecordError`.
  public init(_ settings: PackSettings) throws {
    try settings.check()
    self.settings = settings
    input = try settings.openInput()
    let continuing = try settings.checkFolder()
    let writer = try RecordWriter(
      directory: settings.directory, name: settings.shardName, shardBytes: settings.shardBytes,
      frameBytes: settings.frameBytes, level: settings.level,
      origin: "coca-shard pack \(settings.input.lastPathComponent)", continuing: continuing,
      writesIndex: settings.part == nil)
    pool = try WorkerPool(threads: settings.jobs, name: "pack")
    seen = settings.filters.duplicates == .keep ? nil : SeenPictures()
    shards = try ShardFiller(writer, settings: settings, pool: pool, isContinuing: continuing)
  }

  /// Packs all rows. Rows that cannot be packed are reported and left out.
  /// - Throws: `PackingError` if the input fails as a whole or gives no sample at all;
  ///   `RecordError` if the shards cannot be written.
  public mutating func run(
    tell: (PackEvent) -> Void
  ) throws -> (counts: PackCounts, index: RecordIndex) {
    if let notice = input.notice { tell(.notice(notice)) }
    if input.classes != nil { try AtomicFile.prepare(classesFile) }
    let reader = try reader(tell)
    var walk = try orderedWalk()
    let done = shards.done
    counts = done.counts
    counts.continued = shards.found
    var rows = RowQueue(reader, settings: settings, pool: pool, done: done.rows)
    while let (outcome, row) = try rows.next(from: &walk) {
      try take(outcome, row: row, tell: tell)
      if row + 1 == done.rows, shards.isAt(end: lastKey) == false { throw notContinued() }
      counts.fraction = settings.limit.map { Double(row + 1) / Double($0) } ?? walk.fraction
      tell(.progress(counts))
    }
    if let text = walk.ignored.text { tell(.notice("\(settings.input.path): \(text)")) }
    if let text = counts.dropped.text { tell(.notice("\(settings.input.path): \(text)")) }
    let index = try finish()
    if let text = renaming { tell(.notice("\(settings.input.path): \(text)")) }
    if counts.textless > 0 { tell(.notice("\(lackOfTexts)")) }
    return (counts, index)
  }

  private mutating func finish() throws -> RecordIndex {
    guard try shards.flush() else { throw notContinued() }
    let isEmptyPart = settings.part != nil && counts.rows == 0
    guard counts.samples > 0 || isEmptyPart else {
      throw PackingError(settings.input.path, try nothing())
    }
    try writeClasses()
    return try shards.finish()
  }

  /// Why there is no sample at all.
  private func nothing() throws(PackingError) -> PackingError.Reason {
    let rows = counts.rows
    if rows > 0, counts.dropped.samples == rows { return .allDropped(rows: rows) }
    guard bare > 0, bare == rows else { return .nothing(rows: rows) }
    let names = try FolderWalk.names(in: settings.input.path)
    let hasFolders = names.contains { settings.input.appendingPathComponent($0).isFolder }
    return .noTexts(pictures: bare, hasFolders: hasFolders)
  }

  private var renaming: String? {
    guard counts.renamed > 0 else { return nil }
    let example = renamed.map { ", first \($0.path) to \($0.key)" } ?? ""
    return "renamed \(counts.renamed.counted("key"))\(example): a key has no dots, and comes once"
  }

  private var lackOfTexts: PackingError {
    let reason = PackingError.Reason.textless(samples: counts.textless, others: otherTexts ?? [])
    return PackingError(settings.input.path, reason)
  }

  private var classesFile: URL { settings.directory.appendingPathComponent("classes.txt") }

  private func writeClasses() throws(PackingError) {
    guard let classes = input.classes else { return }
    try AtomicFile.write(Data(classes.map { $0 + "\n" }.joined().utf8), to: classesFile)
  }

  private func orderedWalk() throws(PackingError) -> any RowWalk {
    var walk = input.walk()
    guard let seed = settings.seed else { return walk }
    var references: [RowReference] = []
    while let reference = try walk.next() { references.append(reference) }
    return ListWalk(
      CounterRandom(seed: seed, "pack").shuffled(references), ignored: walk.ignored)
  }

  private func notContinued() -> PackingError {
    let reason = PackingError.Reason.notContinued(
      sample: shards.found, key: shards.foundKey ?? "nothing")
    return PackingError(settings.directory.path, reason)
  }
}

extension Packer {
  /// The reader of rows, with what the filters must know of the whole input and of evaluation sets.
  private mutating func reader(_ tell: (PackEvent) -> Void) throws -> RowReader {
    let marks = settings.marks
    if !settings.against.isEmpty {
      evaluated = try SeenPictures(
        of: settings.against, withLooks: marks == .near, pool: pool, waiting: 2 * settings.jobs,
        tell: tell)
    }
    var reader = RowReader(
      input: input,
      pictures: PictureReader(
        maximumSide: settings.maximumSide, filters: settings.filters, marks: marks,
        bounds: settings.bounds))
    reader.labels = try settings.labelTable()
    guard settings.filters.hasTextRules else { return reader }
    var texts = TextFilter(filters: settings.filters)
    if settings.filters.countsTexts { texts.counts = try countTexts(reader) }
    reader.texts = texts
    return reader
  }

  /// Counts the texts of all parts, without reading pictures.
  private func countTexts(_ reader: RowReader) throws -> TextCounts {
    var counts = TextCounts()
    var walk = input.textWalk()
    var rows: [Pending<TextCounts.Row>] = []
    while let reference = try walk.next() {
      rows.append(pool.submit { reader.countTexts(reference) })
      if rows.count >= 64 * settings.jobs {
        for row in rows { counts.add(row.wait(), for: settings.filters) }
        rows.removeAll(keepingCapacity: true)
      }
    }
    for row in rows { counts.add(row.wait(), for: settings.filters) }
    return counts
  }

  /// Rows of all parts get keys, so that every part makes the same ones.
  private mutating func take(
    _ outcome: RowOutcome, row: Int, tell: (PackEvent) -> Void
  ) throws {
    let key = outcome.path.map { keys.unique(RecordKey.key(path: $0)) }
    lastKey = key
    if case .elsewhere = outcome.result { return }
    counts.rows += 1
    counts.dropped.add(outcome.texts)
    switch outcome.result {
    case .elsewhere: break
    case .failed(let error): try skip(error, tell)
    case .dropped(let rule): counts.dropped.add(rule)
    case .sample(let fields, let mark):
      if let rule = mark.flatMap(duplicate) { return counts.dropped.add(rule) }
      guard let key, let path = outcome.path else {
        preconditionFailure("a row that was read has a path")
      }
      let full: [Sample]?
      do throws(RecordError) {
        full = try shards.cut(Sample(key: key, fields: fields))
      } catch {
        return try skip(PackingError(outcome.place, .refused("\(error)")), tell)
      }
      if let mark { seen?.insert(mark) }
      counts.samples += 1
      if RecordKey.stem(path: path) != key {
        counts.renamed += 1
        renamed = renamed ?? (path, key)
      }
      if let others = outcome.otherTexts {
        counts.textless += 1
        otherTexts = otherTexts ?? others
      }
      counts.rawBytes += fields.reduce(0) { $0 + $1.bytes.count }
      shards.note(PackJournal.Mark(rows: row + 1, counts: counts))
      if let full, try !shards.submit(full) { throw notContinued() }
    }
  }

  /// - Throws: the error where the machine is at fault: the row may be good.
  private mutating func skip(_ error: PackingError, _ tell: (PackEvent) -> Void) throws {
    if case .fault = error.reason { throw error }
    counts.skipped += 1
    if error.reason == .noText { bare += 1 }
    tell(.skipped(error))
  }

  /// Of several copies the first is kept.
  private func duplicate(_ mark: PictureMark) -> DropRule? {
    if evaluated.match(mark) != nil { return .evaluated }
    switch seen?.match(mark) {
    case .copy: return .copy
    case .alike: return .alike
    case nil: return nil
    }
  }
}
