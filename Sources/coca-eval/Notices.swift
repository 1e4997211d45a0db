import Evaluation

/// Reports on standard error the progress of long work, and what was left out.
final class Notices {
  private let isFirst: Bool
  private var last = ContinuousClock.now

  /// - Parameter rank: only rank 0 reports.
  init(rank: Int) { isFirst = rank == 0 }

  func tell(_ notice: EvaluationNotice) {
    switch notice {
    case .progress(let done, let all):
      let now = ContinuousClock.now
      guard isFirst, now - last >= .seconds(3) else { return }
      last = now
      Failure.tell("\(100 * done / max(all, 1))% done")
    case .partlyUsed(let used, let all, let batch):
      Failure.tell("\(used) of \(all) samples are used: whole batches of \(batch)")
    case .leftOut(let samples):
      samples.named.forEach { Failure.tell("left out: \($0)") }
      if samples.count > samples.named.count {
        Failure.tell("left out: \(samples.count) samples in all")
      }
    }
  }
}
