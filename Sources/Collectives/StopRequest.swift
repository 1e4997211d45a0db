import CMPI
import Foundation

/// Whether this run was asked to end early: by a signal, a file `stop`, or the time limit.
///
/// The answer is only this rank's; ranks agree by summing it with their other numbers of a step.
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

  /// The state of a file: it changes when the file is touched or made anew.
  private struct Stamp: Equatable {
    var node: UInt64
    var seconds: Int
    var nanoseconds: Int
    var changed: Double { Double(seconds) + Double(nanoseconds) * 1e-9 }
  }

  private static let start = Start()

  /// Turns SIGUSR1, SIGINT and SIGTERM into requests; a second SIGINT ends the process.
  ///
  /// Call it first in main: time limits count from here, and a request during the start is not
  /// lost. From here on SIGUSR2 and SIGPIPE are ignored.
  public static func catchSignals() {
    process_catch_signals()
    _ = start
  }

  /// The time since `catchSignals`.
  public static var elapsed: Duration { ContinuousClock.now - start.clock }

  private let file: String?
  private let stale: Stamp?
  private let end: ContinuousClock.Instant?

  /// - Parameters:
  ///   - folder: a file `stop` in it is a request to end.
  ///   - timeLimit: counted from `catchSignals`.
  public init(folder: URL?, timeLimit: Duration?) {
    end = timeLimit.map { Self.start.clock + $0 }
    let file = folder?.appendingPathComponent("stop").path
    self.file = file
    let found = file.flatMap { Self.stamp($0) }
    // A file's time is from the kernel's coarse clock, which is up to 10 ms behind.
    let isOld = found.map { $0.changed < Self.start.wall.timeIntervalSince1970 - 0.01 } ?? false
    stale = isOld ? found : nil
  }

  public var isRequested: Bool { reason != nil }

  /// Why this rank should stop; nil if it should not. Looks at the file system once.
  public var reason: Reason? {
    let signal = process_signal()
    if signal != 0 { return .signal(signal) }
    if let file, let found = Self.stamp(file), found != stale { return .file }
    if let end, ContinuousClock.now >= end { return .timeLimit }
    return nil
  }

  /// Removes the file `stop`; call it when the request has been obeyed.
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
