/// Where the records of a run go. Rank 0 alone has sinks.
///
/// A sink takes what it has a use for; the rest it need not mention.
protocol Sink: AnyObject {
  /// Opens it. What the run's folder has of it from steps after `run.step` is cut: an earlier call
  /// of the run made them, and they are made again.
  /// - Returns: nil where the run file does not ask for it.
  /// - Throws: `OutputError` where it cannot be written.
  init?(_ run: LoggedRun) throws

  func step(_ record: StepRecord) throws
  func validation(_ record: ScoreRecord) throws
  func captions(_ record: CaptionsRecord) throws
  func tell(_ note: Note)
  func close() throws
}

extension Sink {
  func step(_ record: StepRecord) throws {}
  func validation(_ record: ScoreRecord) throws {}
  func captions(_ record: CaptionsRecord) throws {}
  func tell(_ note: Note) {}
  func close() throws {}
}

/// What a sink is told of the run when it is opened.
struct LoggedRun {
  let plan: RunPlan
  let folder: RunFolder
  /// Updates done before.
  let step: Int
  let console: Console
}

/// What people should know.
enum Note {
  case note(String)
  case warning(String)
}

/// All sinks of a run; none on the other ranks.
final class Sinks {
  /// A sink is listed here and nowhere else. The console comes last: what it tells is on disk.
  private static var kinds: [any Sink.Type] {
    [JSONLines.self, TensorBoardSink.self, ConsoleSink.self]
  }

  private let sinks: [any Sink]

  /// - Throws: `OutputError` where one cannot be written.
  init(_ run: LoggedRun, rank: Int) throws {
    sinks = rank == 0 ? try Self.kinds.compactMap { try $0.init(run) } : []
  }

  func step(_ record: StepRecord) throws { for sink in sinks { try sink.step(record) } }

  func validation(_ record: ScoreRecord) throws {
    for sink in sinks { try sink.validation(record) }
  }

  func captions(_ record: CaptionsRecord) throws {
    for sink in sinks { try sink.captions(record) }
  }

  func warn(_ text: String) { for sink in sinks { sink.tell(.warning(text)) } }
  func note(_ text: String) { for sink in sinks { sink.tell(.note(text)) } }

  func close() throws { for sink in sinks { try sink.close() } }
}
