import Dispatch
import Foundation
import Synchronization
import Tensors

/// Makes the steps' data on a thread of its own, a bounded number of steps ahead, and hands it out
/// in the order of steps. An error is thrown at the step where it happened.
public final class Prefetcher<Item: Sendable>: Sendable {
  /// An item, and how long the caller waited for it.
  public struct Delivery: Sendable {
    public let step: Int
    public let item: Item
    public let waitedSeconds: Double
  }

  private let line: Line<Item>
  private let steps: Range<Int>
  private let delivered = Mutex(0)

  /// Starts the thread.
  /// - Parameters:
  ///   - ahead: how many items may be finished or in progress before anybody asks for them.
  ///   - produce: called for one step after another; it should return early when cancelled.
  /// - Throws: `ThreadsError` where the system refuses the thread.
  public init(
    steps: Range<Int>, ahead: Int = 2, start: WorkerThread.Start = WorkerThread.start,
    produce: @escaping @Sendable (_ step: Int, Cancellation) throws -> Item
  ) throws(ThreadsError) {
    precondition(ahead > 0, "room for one item at least")
    self.steps = steps
    let line = Line<Item>(room: ahead)
    self.line = line
    do throws(ThreadsError) {
      try start("prefetch") { line.fill(steps, produce) }
    } catch {
      line.fill(0..<0, produce)  // as if the thread had ended
      throw error
    }
  }

  /// The next step's item; nil after the last step.
  ///
  /// - Throws: what `produce` threw for this step, also on every later call;
  ///   `PipelineError.cancelled` after `cancel`.
  public func next() throws -> Delivery? {
    let step = steps.lowerBound + delivered.withLock { $0 }
    guard step < steps.upperBound else { return nil }
    let start = ContinuousClock.now
    let item = try line.take()
    delivered.withLock { $0 += 1 }
    return Delivery(
      step: step, item: item, waitedSeconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// Stops at once and waits for the thread to end; items that nobody took are dropped.
  public func cancel() { line.close() }

  deinit { line.close() }
}

/// The queue between the thread that makes items and the one that takes them.
private final class Line<Item: Sendable>: Sendable {
  private struct State {
    var items: [Result<Item, any Error>] = []
    var failure: (any Error)?
  }

  private let state = Mutex(State())
  private let cancellation = Cancellation()
  // All start at 0: libdispatch traps when a semaphore is destroyed below its first value.
  private let room = DispatchSemaphore(value: 0)
  private let ready = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  init(room count: Int) {
    for _ in 0..<count { room.signal() }
  }

  func fill(_ steps: Range<Int>, _ produce: (Int, Cancellation) throws -> Item) {
    defer { ended.signal() }
    for step in steps {
      room.wait()
      if cancellation.isCancelled { return }
      let result = Result { try produce(step, cancellation) }
      state.withLock { $0.items.append(result) }
      ready.signal()
      if case .failure = result { return }
    }
  }

  func take() throws -> Item {
    if let failure = state.withLock({ $0.failure }) { throw failure }
    try cancellation.check()
    ready.wait()
    try cancellation.check()
    let next = state.withLock { $0.items.isEmpty ? nil : $0.items.removeFirst() }
    guard let result = next else { throw PipelineError("data", .cancelled) }
    room.signal()
    if case .failure(let error) = result { state.withLock { $0.failure = error } }
    return try result.get()
  }

  func close() {
    cancellation.cancel()
    room.signal()
    ready.signal()
    ended.wait()
    ended.signal()
    state.withLock { $0.items.removeAll() }
  }
}
