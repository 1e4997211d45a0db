import Foundation
import Records
import Tensors

/// What a packer has done so far.
public struct PackCounts: Sendable, Equatable {
  /// Rows of this part that were looked at.
  public var rows = 0
  public var samples = 0
  public var skipped = 0
  /// Raw bytes of the samples.
  public var rawBytes = 0
  /// Samples that were found in shards of an earlier, stopped packer.
  public var continued = 0
  /// How much of the input lies behind, 0 to 1, where that is known.
  public var fraction: Double?

  public init() {}
}

/// What a packer tells while it works.
public enum PackEvent: Sendable {
  case skipped(PackingError)
  /// What a person should know of the input as a whole.
  case notice(String)
  case progress(PackCounts)
}

/// Turns an input into shards.
///
/// Several threads read and check pictures and compress frames; rows stay in their order, so the
/// same input and settings give the same bytes for any number of threads. Memory: a dozen pictures
/// and two frames per thread (of archives 256 MiB of samples and one more), 12 to 24 bytes for each
/// key, and with a seed about 40 bytes for each row (for a folder the paths themselves).
public struct Packer {
  /// Bytes of samples from archives that wait for a thread.
  private static let waitingBytes = 256 << 20

  private let settings: PackSettings
  private let input: any PackInput
  private let writer: RecordWriter
  private let pool: WorkerPool
  private let encoder: FrameEncoder
  private var cutter: FrameCutter
  private var keys = UniqueKeys()
  private var counts = PackCounts()
  private var frames: [Pending<Result<EncodedFrame, RecordError>>] = []
  private var framedSamples = 0

  /// Opens the input and the folder.
  /// - Throws: `PackingError`, `RecordError`.
  public init(_ settings: PackSettings) throws {
    try settings.check()
    self.settings = settings
    input = try settings.openInput()
    let continuing = try settings.checkFolder()
    encoder = try FrameEncoder(level: settings.level)
    cutter = try FrameCutter(frameBytes: settings.frameBytes)
    writer = try RecordWriter(
      directory: settings.directory, name: settings.shardName, shardBytes: settings.shardBytes,
      frameBytes: settings.frameBytes, level: settings.level,
      origin: "coca-shard pack \(settings.input.lastPathComponent)", continuing: continuing,
      writesIndex: settings.part == nil)
    counts.continued = writer.found.samples
    pool = WorkerPool(threads: settings.jobs)
  }

  /// Packs all rows. Rows that cannot be packed are told and left out.
  /// - Throws: `PackingError` if the input fails as a whole or gives no sample at all,
  ///   `RecordError` if the shards cannot be written.
  public mutating func run(
    tell: (PackEvent) -> Void
  ) throws -> (counts: PackCounts, index: RecordIndex) {
    if let notice = input.notice { tell(.notice(notice)) }
    try writeClasses()
    var walk = try orderedWalk()
    var reads: [(outcome: Pending<RowOutcome>, bytes: Int)] = []
    var row = 0, waiting = 0
    var isAtEnd = false
    while true {
      while !isAtEnd, reads.count < 8 * settings.jobs, waiting < Self.waitingBytes {
        let reference = row == settings.limit ? nil : try walk.next()
        guard let reference else {
          isAtEnd = true
          break
        }
        reads.append((read(reference, row: row), reference.bytes))
        waiting += reference.bytes
        row += 1
      }
      if reads.isEmpty { break }
      let (outcome, bytes) = reads.removeFirst()
      waiting -= bytes
      try take(outcome.wait(), tell: tell)
      counts.fraction = settings.limit.map { Double(row) / Double($0) } ?? walk.fraction
      tell(.progress(counts))
    }
    if let text = walk.ignored.text { tell(.notice("\(settings.input.path): \(text)")) }
    return (counts, try finish())
  }

  private func writeClasses() throws(PackingError) {
    guard let classes = input.classes else { return }
    let file = settings.directory.appendingPathComponent("classes.txt")
    try AtomicFile.write(Data(classes.map { $0 + "\n" }.joined().utf8), to: file)
  }

  private mutating func finish() throws -> RecordIndex {
    if let rest = cutter.rest() { try submit(rest) }
    while !frames.isEmpty { try writeFrame() }
    if framedSamples < counts.continued { throw notContinued() }
    let isEmptyPart = settings.part != nil && counts.rows == 0
    guard counts.samples > 0 || isEmptyPart else {
      throw PackingError(settings.input.path, .nothing(rows: counts.rows))
    }
    return try writer.finish()
  }

  private func orderedWalk() throws(PackingError) -> any RowWalk {
    var walk = input.walk()
    guard let seed = settings.seed else { return walk }
    var references: [RowReference] = []
    while let reference = try walk.next() { references.append(reference) }
    return ListWalk(
      CounterRandom(seed: seed, "pack").shuffled(references), ignored: walk.ignored)
  }

  private func read(_ reference: RowReference, row: Int) -> Pending<RowOutcome> {
    // A stream deals its archives to the parts itself.
    let isMine = input.isStream || settings.part.map { row % $0.count == $0.index } ?? true
    let reader = RowReader(input: input, pictures: PictureReader(maximumSide: settings.maximumSide))
    return pool.submit { isMine ? reader.read(reference) : reader.readPath(reference) }
  }

  /// Keys are given to the rows of all parts, so that every part gives the same ones.
  private mutating func take(_ outcome: RowOutcome, tell: (PackEvent) -> Void) throws {
    let key = outcome.path.map { keys.unique(RecordKey.key(path: $0)) }
    guard let result = outcome.result else { return }
    counts.rows += 1
    var full: [Sample]?
    do throws(PackingError) {
      let fields = try result.get()
      guard let key else { preconditionFailure("a row that was read has a path") }
      full = try cut(Sample(key: key, fields: fields), place: outcome.place)
      counts.samples += 1
      counts.rawBytes += fields.reduce(0) { $0 + $1.bytes.count }
    } catch {
      counts.skipped += 1
      tell(.skipped(error))
    }
    if let full { try submit(full) }
  }

  /// Adds a sample to the frame at work; a sample that no shard may hold is a bad row.
  private mutating func cut(_ sample: Sample, place: String) throws(PackingError) -> [Sample]? {
    do throws(RecordError) {
      return try cutter.add(sample)
    } catch {
      throw PackingError(place, .refused("\(error)"))
    }
  }

  /// Has a full frame compressed, unless it is in a shard of an earlier packer already.
  private mutating func submit(_ samples: [Sample]) throws {
    framedSamples += samples.count
    if framedSamples <= writer.found.samples {
      let isLast = framedSamples == writer.found.samples
      if isLast, samples.last?.key != writer.found.lastKey { throw notContinued() }
      return
    }
    // Shards end where frames end: a frame that is only half there is another input's.
    if framedSamples - samples.count < writer.found.samples { throw notContinued() }
    frames.append(pool.submit { [encoder] in Result { () throws(RecordError) in
      try encoder.encode(samples)
    } })
    if frames.count >= 2 * settings.jobs { try writeFrame() }
  }

  private mutating func writeFrame() throws {
    try writer.append(frame: try frames.removeFirst().wait().get())
  }

  private func notContinued() -> PackingError {
    let reason = PackingError.Reason.notContinued(
      sample: writer.found.samples, key: writer.found.lastKey ?? "nothing")
    return PackingError(settings.directory.path, reason)
  }
}
