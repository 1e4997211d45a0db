/// Decides from what is read of all ranks' heartbeats whether one is lost.
///
/// Only changes count, measured in time this rank has lived through itself: clocks of machines
/// are never compared, and a job that was suspended as a whole loses nobody. As long as this
/// rank gets on, so do the others it exchanges gradients with, and their files need no look.
package struct Watch: Sendable {
  private struct Seen {
    var beat: Heartbeat?
    /// Seconds since the process, and its main thread, last showed a change.
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
  /// Half the deadline: the other half is the launcher's, to end all ranks, and the looks'.
  private let patience: Double
  private var ranks: [Seen]
  private var ownProgress: Heartbeat.Progress?
  /// Seconds since this rank got on, or last read the others' files.
  private var unread = 0.0
  private var firstStep: Int?
  private var isFirst = true

  /// - Parameter deadline: seconds in which a job that lost a rank is to be over.
  package init(rank: Int, size: Int, deadline: Double) {
    self.rank = rank
    patience = deadline / 2
    ranks = Array(repeating: Seen(), count: size)
  }

  /// Seconds without progress that are allowed now: ten times more in the first step, and while a
  /// checkpoint is written: a file of gigabytes may take its time to reach the disk.
  private var allowed: Double {
    isFirst || ownProgress?.phase == .checkpoint ? 10 * patience : patience
  }

  /// Seconds of silence that are allowed to a process: it writes in the first step as in any other,
  /// once it has begun to.
  private func allowedSilence(of rank: Int) -> Double {
    ranks[rank].beat == nil ? allowed : patience
  }

  /// One look.
  /// - Parameters:
  ///   - elapsed: seconds since the last look.
  ///   - own: this rank's state.
  ///   - read: what another rank's file says; nil where there is none or half a line.
  package mutating func look(
    elapsed: Double, own: Heartbeat, read: (Int) -> Heartbeat?
  ) -> LostRank? {
    // A validation that was missed is made up for before the first step.
    if own.phase != .start, own.phase != .validation { firstStep = firstStep ?? own.step }
    isFirst = firstStep.map { $0 == own.step } ?? true
    if own.progress != ownProgress {
      ownProgress = own.progress
      unread = 0
      ranks = Array(repeating: Seen(), count: ranks.count)
      return nil
    }
    unread += elapsed
    // Reading every file on every look would burden a shared file system for nothing.
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
