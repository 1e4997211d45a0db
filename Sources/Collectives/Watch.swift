/// Decides from the heartbeats of all ranks whether one is lost.
///
/// Only changes count, measured in time that this rank itself has spent: clocks of different
/// machines are never compared, and in a job that was suspended as a whole no rank is lost. As long
/// as this rank makes progress, so do the others, since they exchange gradients with it; their
/// files are not read then.
package struct Watch: Sendable {
  private struct Seen {
    var beat: Heartbeat?
    /// Seconds since the last change of the process's tick, and of its main thread's beats.
    var sinceTick = 0.0
    var sinceBeat = 0.0

    mutating func note(_ found: Heartbeat?, elapsed: Double) {
      sinceTick += elapsed
      sinceBeat += elapsed
      guard let found else { return }
      if found.tick != beat?.tick { sinceTick = 0 }
      if found.progress != beat?.progress { sinceBeat = 0 }
      beat = found
    }
  }

  private let rank: Int
  /// Half of the deadline. The other half is for the launcher, which ends all ranks, and for the
  /// time between two checks.
  private let patience: Double
  private var ranks: [Seen]
  private var ownProgress: Heartbeat.Progress?
  /// Seconds since this rank last made progress or read the others' files.
  private var unread = 0.0
  private var firstStep: Int?
  private var isFirst = true

  /// - Parameter deadline: seconds within which a job that has lost a rank must end.
  package init(rank: Int, size: Int, deadline: Double) {
    self.rank = rank
    patience = deadline / 2
    ranks = Array(repeating: Seen(), count: size)
  }

  /// Seconds without progress that are allowed now. In the first step and while a checkpoint is
  /// written it is ten times as long: gigabytes may take their time to reach the disk.
  private var allowed: Double {
    isFirst || ownProgress?.phase == .checkpoint ? 10 * patience : patience
  }

  /// Seconds without a tick that are allowed to a process. They are the same in the first step,
  /// once its first tick was seen.
  private func allowedSilence(of rank: Int) -> Double {
    ranks[rank].beat == nil ? allowed : patience
  }

  /// Checks once.
  /// - Parameters:
  ///   - elapsed: seconds since the last check.
  ///   - own: this rank's state.
  ///   - read: reads another rank's file; nil where there is none or only half a line.
  package mutating func look(
    elapsed: Double, own: Heartbeat, read: (Int) -> Heartbeat?
  ) -> LostRank? {
    // A missed validation is made up for before the first step.
    if own.phase != .start, own.phase != .validation { firstStep = firstStep ?? own.step }
    isFirst = firstStep.map { $0 == own.step } ?? true
    if own.progress != ownProgress {
      ownProgress = own.progress
      unread = 0
      ranks = Array(repeating: Seen(), count: ranks.count)
      return nil
    }
    unread += elapsed
    // To read every file at every check would burden a shared file system for nothing.
    guard unread >= patience / 10 else { return nil }
    for other in ranks.indices {
      ranks[other].note(other == rank ? own : read(other), elapsed: unread)
    }
    unread = 0
    return verdict
  }

  private var verdict: LostRank? {
    let gone = ranks.indices.filter {
      $0 != rank && ranks[$0].sinceTick >= allowedSilence(of: $0)
    }
    if let gone = gone.max(by: { ranks[$0].sinceTick < ranks[$1].sinceTick }) {
      return lost(gone, .gone, ranks[gone].sinceTick)
    }
    let silence = ranks.map(\.sinceBeat).min() ?? 0
    guard silence >= allowed else { return nil }
    let last = ranks.indices.min { progress($0) < progress($1) }
    return last.map { lost($0, .hangs, ranks[$0].sinceBeat) }
  }

  private func progress(_ rank: Int) -> Heartbeat.Progress { ranks[rank].beat?.progress ?? .none }

  private func lost(_ rank: Int, _ reason: LostRank.Reason, _ seconds: Double) -> LostRank {
    let beat = ranks[rank].beat
    return LostRank(
      rank: rank, host: beat?.host ?? "unknown host", step: beat?.step ?? 0,
      phase: beat?.phase ?? .start, reason: reason, seconds: seconds)
  }
}
