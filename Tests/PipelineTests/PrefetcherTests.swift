import Dispatch
import Pipeline
import Synchronization
import Tensors
import Testing

@Suite("Prefetcher")
struct PrefetcherTests {
  private struct Failure: Error, Equatable { var step: Int }

  @Test("hands out every step in order, then nothing", arguments: [1, 2, 5])
  func order(ahead: Int) throws {
    let prefetcher = try Prefetcher(steps: 3..<40, ahead: ahead) { step, _ in step * 10 }
    for step in 3..<40 {
      let delivery = try #require(try prefetcher.next())
      #expect(delivery.step == step && delivery.item == step * 10)
      #expect(delivery.waitedSeconds >= 0)
    }
    #expect(try prefetcher.next() == nil)
  }

  @Test("runs ahead by its bound and no further", arguments: [1, 2, 4])
  func bound(ahead: Int) throws {
    let made = Mutex(0)
    let begun = DispatchSemaphore(value: 0)
    let prefetcher = try Prefetcher(steps: 0..<100, ahead: ahead) { step, _ in
      made.withLock { $0 = step + 1 }
      begun.signal()
      return step
    }
    for _ in 0..<ahead { begun.wait() }
    for taken in 1...10 {
      _ = try prefetcher.next()
      begun.wait()
      #expect(made.withLock { $0 } == taken + ahead)
    }
    #expect(begun.wait(timeout: .now() + .milliseconds(20)) == .timedOut)
  }

  @Test("an error comes at its step, and again on every later call")
  func failures() throws {
    let prefetcher = try Prefetcher(steps: 0..<10) { step, _ in
      if step == 4 { throw Failure(step: step) }
      return step
    }
    for step in 0..<4 { #expect(try prefetcher.next()?.item == step) }
    for _ in 0..<3 { #expect(throws: Failure(step: 4)) { try prefetcher.next() } }
  }

  @Test("cancelling stops the step at work, joins the thread and ends the consumer")
  func cancelling() throws {
    let begun = DispatchSemaphore(value: 0)
    let ended = Mutex(false)
    let prefetcher = try Prefetcher(steps: 0..<10) { _, cancellation in
      begun.signal()
      defer { ended.withLock { $0 = true } }
      while true { try cancellation.check() }
    }
    begun.wait()
    prefetcher.cancel()
    #expect(ended.withLock { $0 })
    #expect(throws: PipelineError("data", .cancelled)) { try prefetcher.next() }
    prefetcher.cancel()
  }

  @Test("cancelling wakes a consumer that waits")
  func cancellingWakes() throws {
    let prefetcher = try Prefetcher(steps: 0..<10) { step, cancellation in
      while true { try cancellation.check() }
      return step
    }
    let woken = DispatchSemaphore(value: 0)
    let error = Mutex<PipelineError?>(nil)
    DispatchQueue.global().async {
      do {
        _ = try prefetcher.next()
      } catch let caught {
        error.withLock { $0 = caught as? PipelineError }
      }
      woken.signal()
    }
    prefetcher.cancel()
    woken.wait()
    #expect(error.withLock { $0 } == PipelineError("data", .cancelled))
  }

  @Test("letting go of it ends its thread")
  func released() throws {
    let alive = Mutex(0)
    for _ in 0..<20 {
      let prefetcher = try Prefetcher(steps: 0..<1000) { step, _ in
        alive.withLock { $0 += 1 }
        defer { alive.withLock { $0 -= 1 } }
        return step
      }
      _ = try? prefetcher.next()
    }
    #expect(alive.withLock { $0 } == 0)
  }

  @Test("where the system refuses its thread it is an error, not a wait")
  func refused() {
    let refusing: WorkerThread.Start = { (name, _) throws(ThreadsError) in
      throw ThreadsError(name)
    }
    #expect(throws: ThreadsError.self) {
      try Prefetcher(steps: 0..<10, start: refusing) { step, _ in step }
    }
  }
}
