import Foundation
import Synchronization
import Tensors

/// The exchange of one bucket between the ranks.
public struct Journey: Sendable {
  public enum Load: String, Sendable { case gradients, weights }

  public let load: Load
  public let bucket: Int
  /// Nanoseconds of the system's monotonic clock.
  public let start: UInt64
  public let end: UInt64
  /// Bytes that this rank sent.
  public let bytes: Int
}

/// Exchanges buckets with the other ranks.
///
/// `@unchecked Sendable`: only one thread at a time uses it; semaphores hand it over.
final class BucketMover: @unchecked Sendable {
  private(set) var travelled = (bytes: 0, seconds: 0.0)
  private let plan: BucketPlan
  private let spinning: Exchange
  private let patient: Exchange
  private let wire: Exchange.Wire
  private let isSharded: Bool
  private let onJourney: @Sendable (Journey) -> Void
  private var gradients: UnsafeMutableBufferPointer<Float>?

  init(
    _ plan: BucketPlan, _ ranks: any Communicator, _ wire: Exchange.Wire, isSharded: Bool,
    _ onJourney: @escaping @Sendable (Journey) -> Void
  ) {
    self.plan = plan
    self.wire = wire
    self.isSharded = isSharded
    self.onJourney = onJourney
    spinning = Exchange(ranks, wire: wire)
    patient = Exchange(ranks, wire: wire, patiently: true)
  }

  func begin(_ gradients: UnsafeMutableBufferPointer<Float>) {
    self.gradients = gradients
    travelled = (0, 0)
  }

  func move(_ bucket: Int, patiently: Bool = false) throws(CollectiveError) {
    guard let start = gradients?.baseAddress else { return }
    let exchange = patiently ? patient : spinning
    try note(.gradients, bucket, exchange) { parts throws(CollectiveError) in
      try exchange.reduceScatter(start, parts)
      if !isSharded { try exchange.allGather(start, parts, as: wire) }
    }
  }

  func gather(_ values: UnsafeMutableBufferPointer<Float>) throws(CollectiveError) {
    guard let start = values.baseAddress else { return }
    for bucket in plan.buckets.indices {
      try note(.weights, bucket, spinning) { parts throws(CollectiveError) in
        try spinning.allGather(start, parts, as: .float32)
      }
    }
  }

  private func note(
    _ load: Journey.Load, _ bucket: Int, _ exchange: Exchange,
    _ body: (_ parts: [Range<Int>]) throws(CollectiveError) -> Void
  ) throws(CollectiveError) {
    let start = nanoseconds(), sent = exchange.sentBytes
    for trip in 0..<plan.buckets[bucket].trips { try body(plan.buckets[bucket].parts(trip)) }
    let journey = Journey(
      load: load, bucket: bucket, start: start, end: nanoseconds(),
      bytes: exchange.sentBytes - sent)
    travelled.bytes += journey.bytes
    travelled.seconds += Double(journey.end - journey.start) / 1e9
    onJourney(journey)
  }

  private func nanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}

/// A thread that exchanges buckets while another one computes. Open MPI makes progress only inside
/// its calls, and a blocking call keeps a core busy, so this thread sleeps between its checks.
final class BucketCarrier: Sendable {
  private let line: Line
  private let isRunning: Bool

  /// Where the system refuses the thread, `wait` throws.
  init(_ mover: BucketMover) {
    let line = Line()
    self.line = line
    do throws(ThreadsError) {
      try WorkerThread.start("buckets") { line.run(mover) }
      isRunning = true
    } catch {
      isRunning = false
      line.failure.withLock { $0 = CollectiveError(Ranks.host, .refused("\(error)")) }
    }
  }

  /// Exchanges a bucket after the earlier ones.
  func carry(_ bucket: Int) {
    guard isRunning else {
      line.arrived.signal()
      return
    }
    line.buckets.withLock { $0.append(bucket) }
    line.sent.signal()
  }

  /// Returns when `count` buckets are done.
  /// - Throws: the error of the first bucket that failed.
  func wait(for count: Int) throws(CollectiveError) {
    for _ in 0..<count { line.arrived.wait() }
    if let failure = line.failure.withLock({ $0 }) { throw failure }
  }

  deinit { line.sent.signal() }

  private final class Line: Sendable {
    let buckets = Mutex<[Int]>([])
    let failure = Mutex<CollectiveError?>(nil)
    // Both start at 0: libdispatch traps when a semaphore is destroyed below its first value.
    let sent = DispatchSemaphore(value: 0)
    let arrived = DispatchSemaphore(value: 0)

    /// Ends when it is woken without a bucket.
    func run(_ mover: BucketMover) {
      while true {
        sent.wait()
        guard let bucket = buckets.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return }
        do throws(CollectiveError) {
          if failure.withLock({ $0 }) == nil { try mover.move(bucket, patiently: true) }
        } catch {
          failure.withLock { $0 = error }
        }
        arrived.signal()
      }
    }
  }
}
