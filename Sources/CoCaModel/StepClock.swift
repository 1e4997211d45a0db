import Tensors

/// Seconds that a step spends in each of its phases; an inner phase interrupts the outer one.
public final class StepClock {
  public enum Phase: String, CaseIterable, Sendable {
    case data, forward, backward, communicate, optimizer, checkpoint
  }

  /// Since the last `reset`.
  public private(set) var seconds: [Phase: Double] = [:]
  private let clock = ContinuousClock()
  private var running: (phase: Phase, since: ContinuousClock.Instant)?

  public init() {}

  public func measure<Result>(_ phase: Phase, _ body: () throws -> Result) rethrows -> Result {
    let outer = running?.phase
    turn(to: phase)
    defer { turn(to: outer) }
    return try Profile.measure(phase.rawValue, isPhase: true, body)
  }

  private func turn(to phase: Phase?) {
    let now = clock.now
    if let running {
      seconds[running.phase, default: 0] += (now - running.since) / .seconds(1)
    }
    running = phase.map { ($0, now) }
  }

  public func reset() { seconds = [:] }
}
