import Collectives
import Foundation
import Tensors

/// Records a few steps of a run, all ranks together, for Perfetto or Chrome's trace viewer.
final class StepProfile {
  /// Counted from 1, the first step of this call; the steps before these warm up.
  static let steps = 3...5

  private let file: URL
  private let ranks: any Communicator
  private var step = 0

  /// Collective.
  /// - Throws: `OutputError` where the file's folder cannot be written to.
  init(_ file: URL, over ranks: any Communicator) throws {
    self.file = file
    self.ranks = ranks
    try together(ranks) {
      let folder = file.deletingLastPathComponent()
      guard ranks.rank == 0, !FileManager.default.isWritableFile(atPath: folder.path) else {
        return
      }
      throw OutputError(path: file.path, what: "no folder to write to", option: "--profile")
    }
  }

  func begins() {
    step += 1
    if step == Self.steps.lowerBound { Profile.start() }
  }

  /// Writes the file after the last of these steps, or where the run ends earlier. Collective.
  /// - Throws: `OutputError`, `CollectiveError`.
  func ended(isLast: Bool) throws {
    guard Self.steps.contains(step), isLast || step == Self.steps.upperBound else { return }
    let events = Profile.stop()
    let clock = Int64(Date().timeIntervalSince1970 * 1e9) - Int64(Profile.nanoseconds())
    var negatedStart = [-Double(Int64(events.map(\.start).min() ?? 0) + clock)]
    try ranks.allReduceMax(&negatedStart)
    // A Double holds clocks of this size to within 256 nanoseconds.
    let origin = UInt64(bitPattern: Int64(-negatedStart[0]) - 256 - clock)
    let mine = try Trace(events, rank: ranks.rank, host: Ranks.host, from: origin).encoded()
    let all = try ranks.allGather(Array(mine))
    try together(ranks) {
      guard ranks.rank == 0 else { return }
      try OutputError.telling(of: file, option: "--profile") {
        try Trace.file(all).write(to: file, options: .atomic)
      }
    }
  }
}

/// One rank's events in the Chrome trace format. The rank is the process; its thread 0 makes the
/// step, the wire between ranks has a row of its own, and the other threads are the rank's team.
private struct Trace {
  private static let wire = 1000
  private let events: [Event]

  private struct Event: Encodable {
    let ph: String
    let name: String
    var cat: String?
    let pid: Int
    let tid: Int
    /// Microseconds.
    var ts: Double?
    var dur: Double?
    let args: Arguments
  }

  private struct Arguments: Encodable {
    var name: String?
    var flops: UInt64?
    var bytes: Int?
    /// Summed over threads.
    var product_microseconds: Double?
  }

  /// - Parameter origin: the time on this rank's clock, in nanoseconds, where the trace begins.
  init(_ events: [Profile.Event], rank: Int, host: String, from origin: UInt64) {
    func named(_ what: String, _ thread: Int, _ name: String) -> Event {
      Event(ph: "M", name: what, pid: rank, tid: thread, args: Arguments(name: name))
    }
    func lane(_ thread: Int) -> Int { thread == Profile.wire ? Self.wire : thread }
    func label(_ thread: Int) -> String {
      switch thread {
      case Profile.wire: "between ranks"
      case 0: "step"
      default: "team \(thread)"
      }
    }
    let threads = Set(events.map(\.thread)).sorted()
    let names = [named("process_name", 0, "rank \(rank) on \(host)")]
      + threads.map { named("thread_name", lane($0), label($0)) }
    self.events = names + events.map { event in
      let isOperation = event.thread == 0 && !event.isPhase
      return Event(
        ph: "X", name: event.name, cat: event.isPhase ? "phase" : "operation", pid: rank,
        tid: lane(event.thread), ts: Double(Int64(bitPattern: event.start &- origin)) / 1e3,
        dur: Double(event.end - event.start) / 1e3,
        args: isOperation
          ? Arguments(
            flops: event.operations, bytes: event.bytes,
            product_microseconds: Double(event.productTime) / 1e3)
          : Arguments(bytes: event.thread == Profile.wire ? event.bytes : nil))
    }
  }

  /// Its events as JSON, separated by commas.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Data(try events.map { try encoder.encode($0) }.joined(separator: Data(",\n".utf8)))
  }

  /// The events of all ranks as one file.
  static func file(_ ranks: [[UInt8]]) -> Data {
    Data("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n".utf8)
      + Data(ranks.joined(separator: Array(",\n".utf8))) + Data("\n]}\n".utf8)
  }
}
