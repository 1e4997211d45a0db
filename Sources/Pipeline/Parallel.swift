import Synchronization
import Tensors

/// Calls `work` with every number below `count`, in order of the numbers, from at most `workers`
/// threads, one of which is the caller's.
///
/// - Throws: an error that `work` threw; no number is started after it. `ThreadsError` where the
///   system refuses a thread.
package func inParallel(
  _ count: Int, workers: Int, _ work: @Sendable (Int) throws -> Void
) throws {
  if min(count, workers) <= 1 { return try (0..<count).forEach(work) }
  let next = Atomic(0)
  let failure = Mutex<(any Error)?>(nil)
  try WorkerThread.together(min(count, workers)) {
    while failure.withLock({ $0 == nil }) {
      let number = next.add(1, ordering: .relaxed).oldValue
      guard number < count else { return }
      do { try work(number) } catch { failure.withLock { $0 = $0 ?? error } }
    }
  }
  if let error = failure.withLock({ $0 }) { throw error }
}
