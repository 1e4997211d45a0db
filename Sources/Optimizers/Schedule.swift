import Foundation

/// The learning rate of every step: linear warm-up to the peak, then a decay to zero, or none.
public struct Schedule: Sendable, Equatable {
  public enum Decay: String, Sendable, CaseIterable, Codable { case linear, cosine, constant }

  public let peak: Double
  public let warmupSteps: Int
  public let steps: Int
  public let decay: Decay

  /// - Parameter warmup: a fraction of `steps` below 1, else steps.
  public init(peak: Double, warmup: Double, steps: Int, decay: Decay) {
    self.peak = peak
    self.steps = steps
    self.decay = decay
    warmupSteps = Int((warmup < 1 ? warmup * Double(steps) : warmup).rounded())
  }

  /// The rate of step `step`, counted from 0: `peak · (step + 1) / warmup` first, as open_clip's.
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
