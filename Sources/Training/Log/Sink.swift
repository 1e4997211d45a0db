/// Takes the records of a run, such as steps and validations. Rank 0 alone has sinks.
///
/// A sink implements only the functions whose records it uses.
protocol Sink: AnyObject {
  /// Opens the sink. What it wrote for steps after `run.step` in an earlier call of this run is cut
  /// off: those steps are made again.
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

/// What a sink knows of the run when it is opened.
struct LoggedRun {
  let plan: RunPlan
  let folder: RunFolder
  /// Updates done before this call.
  let step: Int
  let console: Console
}

/// A message for the person who watches the run.
enum Note {
  case note(String)
  case warning(String)
}

/// All sinks of a run; none on the other ranks.
final class Sinks {
  /// Every kind of sink is listed here and nowhere else. The console comes last: what it shows is
  /// then on disk.
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
