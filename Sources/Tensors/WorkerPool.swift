import Foundation

/// Threads that are started once and then do pieces of work. Work is started in the order in which
/// it is submitted; whoever waits for results in that order gets them in order.
public final class WorkerPool: Sendable {
  private let queue = WorkQueue()

  /// - Parameter name: of the threads, for debuggers.
  /// - Throws: `ThreadsError` where the system refuses one of the threads.
  public init(
    threads: Int, name: String, start: WorkerThread.Start = WorkerThread.start
  ) throws(ThreadsError) {
    precondition(threads > 0, "a pool has a thread")
    do throws(ThreadsError) {
      for index in 0..<threads {
        try start("\(name) \(index)") { [queue] in
          while let work = queue.take() { work() }
        }
      }
    } catch {
      queue.close()
      throw error
    }
  }

  deinit { queue.close() }

  @discardableResult
  public func submit<Value: Sendable>(_ work: @escaping @Sendable () -> Value) -> Pending<Value> {
    let pending = Pending<Value>()
    queue.add { pending.fill(work()) }
    return pending
  }
}

/// A value that a worker will provide. One worker writes `value` before the signal, and one reader
/// reads it after the signal, hence `@unchecked`.
public final class Pending<Value: Sendable>: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var value: Value?

  fileprivate func fill(_ value: Value) {
    self.value = value
    done.signal()
  }

  /// Waits for the value; call it once.
  public func wait() -> Value {
    done.wait()
    guard let value else { preconditionFailure("signalled before it was filled") }
    return value
  }
}

/// Work that waits for a thread; `items` and `isClosed` are only used under the lock, hence
/// `@unchecked`.
private final class WorkQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var items: [@Sendable () -> Void] = []
  private var head = 0
  private var isClosed = false

  func add(_ work: @escaping @Sendable () -> Void) {
    condition.lock()
    items.append(work)
    condition.signal()
    condition.unlock()
  }

  /// The next piece; nil when the pool has ended. The queue drops a piece it returns, since the
  /// piece holds its result.
  func take() -> (@Sendable () -> Void)? {
    condition.lock()
    defer { condition.unlock() }
    while head == items.count {
      if isClosed { return nil }
      condition.wait()
    }
    let work = items[head]
    items[head] = {}
    head += 1
    if head == items.count || head >= 256 {
      items.removeFirst(head)
      head = 0
    }
    return work
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }
}
