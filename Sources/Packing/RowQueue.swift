import Tensors

/// Rows that a pool's threads process; the results come in the rows' order.
struct RowQueue {
  /// The most bytes of archives' samples that wait for a thread.
  private static let waitingBytes = 256 << 20

  private let reader: RowReader
  private let pool: WorkerPool
  private let limit: Int?
  /// Nil: all rows are read.
  private let part: PackSettings.Part?
  private let ahead: Int
  /// How many rows at the beginning are packed already.
  private let done: Int
  private var reads: [(outcome: Pending<RowOutcome>, bytes: Int)] = []
  private var waiting = 0
  private var walked = 0
  private var isAtEnd = false

  init(_ reader: RowReader, settings: PackSettings, pool: WorkerPool, done: Int) {
    self.reader = reader
    self.pool = pool
    self.done = done
    limit = settings.limit
    // A stream divides its archives among the parts itself.
    part = reader.input.isStream ? nil : settings.part
    ahead = 8 * settings.jobs
  }

  /// The result of the next row, and the row's number from 0; nil at the end.
  mutating func next(from walk: inout any RowWalk) throws(PackingError) -> (RowOutcome, row: Int)? {
    while !isAtEnd, reads.count < ahead, waiting < Self.waitingBytes {
      guard walked != limit, let reference = try walk.next() else {
        isAtEnd = true
        break
      }
      reads.append((read(reference), reference.bytes))
      waiting += reference.bytes
      walked += 1
    }
    if reads.isEmpty { return nil }
    let row = walked - reads.count
    let (outcome, bytes) = reads.removeFirst()
    waiting -= bytes
    return (outcome.wait(), row)
  }

  private func read(_ reference: RowReference) -> Pending<RowOutcome> {
    let isMine = part.map { walked % $0.count == $0.index } ?? true
    let isWanted = isMine && walked >= done
    return pool.submit { [reader] in
      isWanted ? reader.read(reference) : reader.readPath(reference)
    }
  }
}
