import Records
import Tensors

/// Divides samples into frames, lets a pool's threads compress them, and writes them in order.
///
/// What an earlier packer wrote is not compressed again; only its count and last key are compared.
struct ShardFiller {
  private let writer: RecordWriter
  private let encoder: FrameEncoder
  private let pool: WorkerPool
  private let settings: PackSettings
  private var cutter: FrameCutter
  private var frames: [(frame: Pending<Result<EncodedFrame, RecordError>>, end: End)] = []
  /// How many samples are in frames so far, including an earlier packer's.
  private var framed = 0
  private var end = End()
  /// Nil where all rows must be read again, to compare their pictures.
  private var journal: PackJournal?

  /// Where a frame ends.
  private struct End {
    var samples = 0
    var mark = PackJournal.Mark()
  }

  /// - Throws: `RecordError`; `PackingError` where an earlier packer had other settings.
  init(
    _ writer: RecordWriter, settings: PackSettings, pool: WorkerPool, isContinuing: Bool
  ) throws {
    self.writer = writer
    self.settings = settings
    self.pool = pool
    encoder = try FrameEncoder(level: settings.level)
    cutter = try FrameCutter(frameBytes: settings.frameBytes)
    guard settings.marks == .keep else { return }
    let old = isContinuing ? try PackJournal.load(settings, found: writer.found.samples) : nil
    journal = old ?? PackJournal(settings: settings.decisive)
    framed = old?.samples ?? 0
  }

  /// How many samples an earlier packer wrote.
  var found: Int { writer.found.samples }
  var foundKey: String? { writer.found.lastKey }

  /// How far an earlier packer came, by its journal.
  var done: PackJournal.Mark { journal?.mark ?? PackJournal.Mark() }

  /// Whether a key is that of the last existing sample; nil where the journal ends before it.
  func isAt(end key: String?) -> Bool? {
    journal?.samples == found ? key == foundKey : nil
  }

  /// Adds a sample to the present frame.
  /// - Returns: a full frame, to be submitted.
  /// - Throws: `RecordError` for a sample that no shard may have.
  mutating func cut(_ sample: Sample) throws(RecordError) -> [Sample]? { try cutter.add(sample) }

  /// Notes where the last sample is in the input; `submit` needs that.
  mutating func note(_ mark: PackJournal.Mark) { end.mark = mark }

  /// Lets a full frame be compressed, unless it is in a shard already.
  /// - Returns: false where an earlier packer's shards are not from this input.
  mutating func submit(_ samples: [Sample]) throws -> Bool {
    framed += samples.count
    end.samples = framed
    if framed <= found {
      return framed < found || samples.last?.key == foundKey
    }
    // Shards end where frames end: if half of a frame exists, it is from another input.
    if framed - samples.count < found { return false }
    let frame = pool.submit { [encoder] in
      Result { () throws(RecordError) in try encoder.encode(samples) }
    }
    frames.append((frame, end))
    if frames.count >= 2 * settings.jobs { try write() }
    return true
  }

  /// Writes everything that waits.
  /// - Returns: false where an earlier packer's shards are not from this input.
  mutating func flush() throws -> Bool {
    if let rest = cutter.rest(), try !submit(rest) { return false }
    while !frames.isEmpty { try write() }
    return framed >= found
  }

  /// Closes the last shard, writes the index and removes the journal.
  func finish() throws(RecordError) -> RecordIndex {
    let index = try writer.finish()
    PackJournal.remove(settings)
    return index
  }

  private mutating func write() throws {
    let (frame, end) = frames.removeFirst()
    let before = writer.shardCount
    try writer.append(frame: try frame.wait().get())
    guard writer.shardCount > before, journal != nil else { return }
    journal?.samples = end.samples
    journal?.mark = end.mark
    try journal?.save(settings)
  }
}
