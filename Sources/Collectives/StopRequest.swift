import CMPI
import Foundation

/// Whether somebody asked this run to end early: a signal, a file `stop`, or the time limit.
///
/// The answer is this rank's own; ranks agree by reducing it with their other numbers of a step.
public final class StopRequest: Sendable {
  public enum Reason: Sendable, Equatable, CustomStringConvertible {
    case signal(Int32)
    case file
    case timeLimit

    public var description: String {
      switch self {
      case .signal(SIGUSR1): "SIGUSR1"
      case .signal(SIGINT): "SIGINT"
      case .signal(SIGTERM): "SIGTERM"
      case .signal(let number): "signal \(number)"
      case .file: "the file stop"
      case .timeLimit: "the time limit"
      }
    }
  }

  private struct Start {
    let wall = Date()
    let clock = ContinuousClock.now
  }

  /// One state of a file: a file touched or made anew has another.
  private struct Stamp: Equatable {
    var node: UInt64
    var seconds: Int
    var nanoseconds: Int
    var changed: Double { Double(seconds) + Double(nanoseconds) * 1e-9 }
  }

  private static let start = Start()

  /// Turns SIGUSR1, SIGINT and SIGTERM into requests; a second SIGINT ends the process.
  ///
  /// The first statement of main: time limits count from here, and a stop asked for while the
  /// program starts is not lost. SIGUSR2 and SIGPIPE are ignored from here on.
  public static func catchSignals() {
    process_catch_signals()
    _ = start
  }

  private let file: String?
  private let stale: Stamp?
  private let end: ContinuousClock.Instant?

  /// - Parameters:
  ///   - folder: where a file `stop` asks for an end; one rank watching it is enough.
  ///   - timeLimit: from `catchSignals` on.
  public init(folder: URL?, timeLimit: Duration?) {
    end = timeLimit.map { Self.start.clock + $0 }
    let file = folder?.appendingPathComponent("stop").path
    self.file = file
    let found = file.flatMap { Self.stamp($0) }
    // A file's time comes from the kernel's coarse clock, up to 10 ms behind.
    let isOld = found.map { $0.changed < Self.start.wall.timeIntervalSince1970 - 0.01 } ?? false
    stale = isOld ? found : nil
  }

  public var isRequested: Bool { reason != nil }

  /// Why this rank should stop, if it should. Costs one look at the file system.
  public var reason: Reason? {
    let signal = process_signal()
    if signal != 0 { return .signal(signal) }
    if let file, let found = Self.stamp(file), found != stale { return .file }
    if let end, ContinuousClock.now >= end { return .timeLimit }
    return nil
  }

  /// Removes the file `stop`: call where the request has been obeyed.
  public func obeyed() {
    if let file { unlink(file) }
  }

  private static func stamp(_ path: String) -> Stamp? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return Stamp(
      node: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }
}
