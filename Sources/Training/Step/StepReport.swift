import CoCaModel
import Collectives

/// What one rank knows of a step. Numbers that all ranks need are slots.
struct StepReport {
  var seconds: [StepClock.Phase: Double] = [:]
  var total = 0.0
  /// Samples read for this step, and how many of them could not be used.
  var read = 0
  var skipped = 0
  var operations = 0.0
  var tokens = 0
  var residentBytes = 0
  /// Bytes of gradients and weights that this rank sent, and how long they were on their way.
  var wireBytes = 0
  var wireSeconds = 0.0
  /// The share of this rank's cores that other processes take.
  var othersShare = 0.0
  /// Whether this rank could not copy a shard to its cache.
  var lacksCopies = false
  /// Whether this rank was asked to stop.
  var wantsStop = false
  /// Whether a checkpoint is due by time; only rank 0 knows.
  var wantsCheckpoint = false

  subscript(phase: StepClock.Phase) -> Double { seconds[phase] ?? 0 }

  /// Seconds of this rank's work, without the time in which it waited for other ranks.
  var work: Double {
    [.data, .forward, .backward, .optimizer].reduce(0) { $0 + self[$1] }
  }

  /// Collective.
  /// - Throws: `CollectiveError` if a rank is lost.
  func summed(over ranks: any Communicator) throws(CollectiveError) -> RankSums<StepReport> {
    let phases = StepClock.Phase.allCases.map { Slot(\StepReport[$0]) }
    return try RankSums(
      self,
      added: phases + [
        Slot(\.read), Slot(\.skipped), Slot(\.operations), Slot(\.tokens), Slot(\.wantsStop),
        Slot(\.wantsCheckpoint), Slot(\.total), Slot(\.wireBytes), Slot(\.wireSeconds),
        Slot(\.lacksCopies),
      ],
      listed: [Slot(\.work), Slot(\.residentBytes), Slot(\.othersShare)], over: ranks)
  }
}

extension RankSums<StepReport> {
  /// The rank that worked longest.
  var slowest: Int {
    let work = list(\.work)
    return work.indices.max { work[$0] < work[$1] } ?? 0
  }

  /// The slowest rank's work divided by the mean: how much faster all could be with equal work.
  var imbalance: Double {
    let work = list(\.work)
    let mean = work.reduce(0, +) / Double(work.count)
    return mean > 0 ? work[slowest] / mean : 1
  }
}
