import Glibc
import Synchronization

/// A recording of what this process does, operation by operation.
///
/// Operations give their name to `Profile.measure`; products and the team's threads inside them are
/// recorded automatically. While nothing is recorded, an operation costs one load and one branch.
public enum Profile {
  /// One operation, or another thread's part of it.
  public struct Event: Sendable {
    public let name: String
    /// 0: the thread that makes the step; `wire`: what is sent between ranks; others: the team's
    /// members, whose events have no counts.
    public let thread: Int
    /// Nanoseconds of the system's monotonic clock.
    public let start: UInt64
    public let end: UInt64
    /// Floating-point operations of its products, a multiply-add counted as two.
    public let operations: UInt64
    /// Bytes that it must at least read and write.
    public let bytes: Int
    /// Nanoseconds that its products took, summed over threads.
    public let productTime: UInt64
    /// Whether it only contains other events and does nothing itself.
    public let isPhase: Bool
  }

  public static var isRecording: Bool { recording.load(ordering: .relaxed) }

  /// Starts to record; what was recorded before is dropped.
  public static func start() {
    events.withLock { $0 = [] }
    recording.store(true, ordering: .relaxed)
  }

  /// Ends recording.
  /// - Returns: the events in the order of their ends.
  public static func stop() -> [Event] {
    recording.store(false, ordering: .relaxed)
    return events.withLock { events in
      defer { events = [] }
      return events
    }
  }

  /// The lane of what is sent between ranks, whichever thread sends it.
  public static let wire = -1

  /// Records something that was sent.
  /// - Parameters:
  ///   - start: from the clock of `nanoseconds`.
  ///   - bytes: what this rank sent.
  public static func travelled(_ name: String, from start: UInt64, to end: UInt64, bytes: Int) {
    guard isRecording else { return }
    let event = Event(
      name: name, thread: wire, start: start, end: end, operations: 0, bytes: bytes,
      productTime: 0, isPhase: false)
    events.withLock { $0.append(event) }
  }

  /// Runs an operation of the thread that makes the step; it may contain others.
  /// - Parameter bytes: what it must at least read and write.
  public static func measure<Result>(
    _ name: @autoclosure () -> String, bytes: @autoclosure () -> Int = 0, isPhase: Bool = false,
    _ body: () throws -> Result
  ) rethrows -> Result {
    guard isRecording else { return try body() }
    let name = name()
    let before = (operations: count.load(ordering: .relaxed), time: time.load(ordering: .relaxed))
    let start = nanoseconds()
    let outer = current.withLock { current in
      defer { if !isPhase { current = name } }
      return current
    }
    defer {
      current.withLock { $0 = outer }
      let event = Event(
        name: name, thread: 0, start: start, end: nanoseconds(),
        operations: count.load(ordering: .relaxed) - before.operations, bytes: bytes(),
        productTime: time.load(ordering: .relaxed) - before.time, isPhase: isPhase)
      events.withLock { $0.append(event) }
    }
    return try body()
  }

  /// Counts the operations of a product.
  static func count(rows: Int, depth: Int, columns: Int) {
    guard isRecording else { return }
    count.add(2 * UInt64(rows) * UInt64(depth) * UInt64(columns), ordering: .relaxed)
  }

  /// Counts the time of a product, or of a thread's part of one.
  static func productTime(of body: () -> Void) {
    guard isRecording else { return body() }
    let start = nanoseconds()
    body()
    time.add(nanoseconds() - start, ordering: .relaxed)
  }

  /// Records another thread's part of the present operation.
  static func part(of member: Int, _ body: () -> Void) {
    guard member > 0, isRecording else { return body() }
    let start = nanoseconds()
    body()
    let event = Event(
      name: current.withLock { $0 }, thread: member, start: start, end: nanoseconds(),
      operations: 0, bytes: 0, productTime: 0, isPhase: false)
    events.withLock { $0.append(event) }
  }

  /// The clock of the events.
  public static func nanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  private static let recording = Atomic(false)
  private static let events = Mutex<[Event]>([])
  private static let current = Mutex("")
  private static let count = Atomic<UInt64>(0)
  private static let time = Atomic<UInt64>(0)
}
