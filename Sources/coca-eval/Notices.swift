import Evaluation

/// Says on standard error how far long work has come, and what was left out.
final class Notices {
  private let isFirst: Bool
  private var last = ContinuousClock.now

  /// - Parameter rank: of several, rank 0 speaks for all.
  init(rank: Int) { isFirst = rank == 0 }

  func tell(_ notice: EvaluationNotice) {
    switch notice {
    case .progress(let done, let all):
      let now = ContinuousClock.now
      guard isFirst, now - last >= .seconds(3) else { return }
      last = now
      Failure.tell("\(100 * done / max(all, 1))% done")
    case .leftOut(let samples):
      samples.named.forEach { Failure.tell("left out: \($0)") }
      if samples.count > samples.named.count {
        Failure.tell("left out: \(samples.count) samples in all")
      }
    }
  }
}
