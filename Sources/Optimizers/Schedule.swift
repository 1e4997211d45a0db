import Foundation
import RunFile

/// The learning rate of every step: linear warm-up to the peak, then a decay to zero, or none.
public struct Schedule: Sendable, Equatable {
  public enum Decay: String, Sendable, CaseIterable, Codable { case linear, cosine, constant }

  public let peak: Double
  public let warmupSteps: Int
  public let steps: Int
  public let decay: Decay

  /// - Parameter warmup: below 1 a fraction of `steps`, otherwise a number of steps.
  public init(peak: Double, warmup: Double, steps: Int, decay: Decay) {
    self.peak = peak
    self.steps = steps
    self.decay = decay
    warmupSteps = Int((warmup < 1 ? warmup * Double(steps) : warmup).rounded())
  }

  /// The rate of step `step`, counted from 0: first `peak · (step + 1) / warmup`, as in open_clip.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let progress = Double(step - warmupSteps) / Double(max(steps - warmupSteps, 1))
    switch decay {
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * 0.5 * (1 + cos(.pi * progress))
    case .constant: return peak
    }
  }
}

/// The `schedule:` section of a run file: how the learning rate changes over the run.
public struct ScheduleSettings: Section {
  public enum Warmup: Sendable, Equatable {
    /// A fraction of the run's steps, below 1.
    case fraction(Double)
    case steps(Int)
  }

  public var warmup = Warmup.fraction(0.02)
  public var decay = Schedule.Decay.linear

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("warmup", \.warmup, .warmup, """
      how long the rate rises from 0 to `optimizer.lr`: below 1 a fraction of the run's steps, \
      otherwise a number of steps
      """),
    Key("decay", \.decay, .choice, "how the rate changes after the warm-up"),
  ]
}

extension Kind where Value == ScheduleSettings.Warmup {
  fileprivate static var warmup: Kind {
    Kind(
      "a fraction below 1 or a whole number of steps",
      parse: { reading in
        guard let given = reading.node.number, given >= 0 else { return nil }
        return given < 1 ? .fraction(given) : Int(exactly: given).map { .steps($0) }
      },
      write: { warmup in
        switch warmup {
        case .fraction(let part): .number(part)
        case .steps(let count): .integer(count)
        }
      })
  }
}

extension Schedule {
  public init(_ settings: ScheduleSettings, peak: Double, steps: Int) {
    let warmup: Double =
      switch settings.warmup {
      case .fraction(let fraction): fraction
      case .steps(let steps): Double(steps)
      }
    self.init(peak: peak, warmup: warmup, steps: steps, decay: settings.decay)
  }
}
