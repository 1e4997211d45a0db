import Foundation
import Synchronization
import Tensors

/// Ends a job in which a rank no longer responds, instead of waiting for it forever.
///
/// A thread writes this rank's heartbeat to `heartbeats/RANK` in the run's folder. While the main
/// thread makes no progress, it also watches the other ranks' files. It never calls MPI.
public final class Deadline: Sendable {
  private let folder: URL
  private let rank: Int
  private let interval: Double
  private let work: @Sendable () -> UInt64
  private let onLost: @Sendable (LostRank) -> Void
  private let beats = Atomic<UInt64>(0)
  /// Beats and work at the start of the step.
  private let before = Atomic<UInt64>(0)
  private let place = Atomic<UInt64>(0)
  private let ending = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Starts the watch.
  /// - Parameters:
  ///   - folder: the run's folder, which all ranks share.
  ///   - seconds: the time within which a job ends after it has lost a rank. A rank without a
  ///     heartbeat for half as long is lost; a process that is alive has ten times as long in the
  ///     first step.
  ///   - work: counts what the main thread does between two calls of `beat`, so that a rank that
  ///     computes for long does not look stuck.
  ///   - onLost: called by the first rank that notices a loss, before it prints it and exits with
  ///     `ExitCode.lost`; it writes the run's status and must not call MPI.
  /// - Throws: an error of the file system where the folder cannot be written to; `ThreadsError`.
  public init(
    folder: URL, rank: Int, size: Int, seconds: Double,
    work: @escaping @Sendable () -> UInt64 = { 0 },
    onLost: @escaping @Sendable (LostRank) -> Void
  ) throws {
    precondition(seconds > 0, "a deadline is positive")
    self.folder = folder.appendingPathComponent("heartbeats")
    self.rank = rank
    self.work = work
    self.onLost = onLost
    interval = min(max(seconds / 20, 0.02), 2)
    // Files of a killed run; the ranks of this run write theirs again at every tick.
    if rank == 0 { try? FileManager.default.removeItem(at: self.folder) }
    try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    let watch = Watch(rank: rank, size: size, deadline: seconds)
    try WorkerThread.start("deadline") { [self] in run(watch) }
  }

  /// Notes that the main thread is alive and begins a phase. Long loops within a phase call it too.
  public func beat(step: Int, phase: Phase) {
    let new = UInt64(max(0, step)) << 8 | UInt64(phase.rawValue)
    let old = place.exchange(new, ordering: .relaxed)
    // Counted from the step's start: over a whole run the ranks' counts drift apart harmlessly.
    if new >> 8 != old >> 8 { before.store(counted, ordering: .relaxed) }
    beats.add(1, ordering: .relaxed)
  }

  /// Beats and work since the process began.
  private var counted: UInt64 { beats.load(ordering: .relaxed) &+ work() }

  /// Ends the watch and removes this rank's file; the last rank removes the folder. Call it once,
  /// after a barrier: a rank that ends earlier looks lost to the others.
  public func finish() {
    ending.signal()
    ended.wait()
    unlink(path(of: rank))
    rmdir(folder.path)
  }

  private func run(_ first: Watch) {
    var watch = first
    var tick: UInt64 = 0
    var last = ContinuousClock.now
    repeat {
      tick += 1
      let own = state(tick)
      write(own)
      let now = ContinuousClock.now
      // A rank that was suspended itself has not waited for the others.
      let elapsed = min((now - last) / .seconds(1), 2 * interval)
      last = now
      let lost = watch.look(elapsed: elapsed, own: own) { read($0) }
      if let lost { leave(lost) }
    } while ending.wait(timeout: .now() + interval) == .timedOut
    ended.signal()
  }

  private func leave(_ lost: LostRank) -> Never {
    let verdict = folder.appendingPathComponent("verdict").path
    let file = open(verdict, O_CREAT | O_EXCL | O_WRONLY, 0o644)
    if file >= 0 || errno != EEXIST {
      onLost(lost)
      Ranks.tell("\(lost)")
    } else {
      // When that rank exits, this one is ended too; if this one exited first, nothing would be
      // printed.
      sleep(2)
    }
    _exit(ExitCode.lost)
  }

  private func state(_ tick: UInt64) -> Heartbeat {
    let place = place.load(ordering: .relaxed)
    return Heartbeat(
      tick: tick, beats: counted &- before.load(ordering: .relaxed), step: Int(place >> 8),
      phase: Phase(rawValue: UInt8(place & 255)) ?? .start, host: Ranks.host)
  }

  private func write(_ beat: Heartbeat) {
    var file = open(path(of: rank), O_CREAT | O_WRONLY, 0o644)
    if file < 0 {
      // The folder was removed.
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      file = open(path(of: rank), O_CREAT | O_WRONLY, 0o644)
    }
    guard file >= 0 else { return }
    // Written in place: with a full disk, a new file would fail and a living rank would look lost.
    let line = Array(beat.line.utf8)
    if pwrite(file, line, line.count, 0) == line.count { ftruncate(file, off_t(line.count)) }
    close(file)
  }

  private func read(_ rank: Int) -> Heartbeat? {
    (try? String(contentsOfFile: path(of: rank), encoding: .utf8)).flatMap { Heartbeat($0) }
  }

  private func path(of rank: Int) -> String { folder.appendingPathComponent("\(rank)").path }
}
