import Tensors

/// Seconds a step spends in each of its phases.
public final class StepClock {
  public enum Phase: String, CaseIterable, Sendable {
    case data, forward, backward, communicate, optimizer, checkpoint
  }

  /// Since the last `reset`.
  public private(set) var seconds: [Phase: Double] = [:]
  private let clock = ContinuousClock()

  public init() {}

  public func measure<Result>(_ phase: Phase, _ body: () throws -> Result) rethrows -> Result {
    let start = clock.now
    defer { seconds[phase, default: 0] += (clock.now - start) / .seconds(1) }
    return try Profile.measure(phase.rawValue, isPhase: true, body)
  }

  public func reset() { seconds = [:] }
}
