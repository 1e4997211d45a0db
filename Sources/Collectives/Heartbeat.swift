import Foundation

/// What a rank is doing, in the order of a step.
public enum Phase: UInt8, Sendable, CaseIterable {
  /// `compute` is the forward and backward pass.
  case start, data, compute, communicate, optimizer, checkpoint, validation
}

/// One heartbeat: the line in a rank's file `heartbeats/RANK`.
package struct Heartbeat: Equatable, Sendable {
  /// How often the rank's watching thread has written; stands still when the process is gone.
  package var tick: UInt64
  /// What the rank's main thread has done since its step began; stands still when it hangs or
  /// waits.
  package var beats: UInt64
  package var step: Int
  package var phase: Phase
  package var host: String

  package init(tick: UInt64, beats: UInt64, step: Int, phase: Phase, host: String) {
    self.tick = tick
    self.beats = beats
    self.step = step
    self.phase = phase
    self.host = host
  }

  /// How far a rank has come.
  package struct Progress: Comparable, Sendable {
    static let none = Progress(step: -1, phase: .start, beats: 0)

    let step: Int
    let phase: Phase
    let beats: UInt64

    package static func < (a: Progress, b: Progress) -> Bool {
      (a.step, a.phase.rawValue, a.beats) < (b.step, b.phase.rawValue, b.beats)
    }
  }

  package var progress: Progress { Progress(step: step, phase: phase, beats: beats) }

  package var line: String { "\(tick) \(beats) \(step) \(phase.rawValue) \(host)\n" }

  /// Nil for anything but a whole line, for example while one is being written.
  package init?(_ text: String) {
    guard text.hasSuffix("\n") else { return nil }
    let words = text.dropLast().split(separator: " ")
    guard words.count == 5, let tick = UInt64(words[0]), let beats = UInt64(words[1]),
      let step = Int(words[2]), let phase = UInt8(words[3]).flatMap(Phase.init(rawValue:))
    else { return nil }
    self.init(tick: tick, beats: beats, step: step, phase: phase, host: String(words[4]))
  }
}

/// A rank that was declared lost.
public struct LostRank: Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// Its process no longer writes heartbeats: it has ended or is stopped, or its machine is gone.
    case gone
    /// Its process is alive, but no rank makes progress; this one is the furthest behind.
    case hangs
  }

  public let rank: Int
  /// Where it ran; "unknown host" where it never wrote.
  public let host: String
  /// The last step and phase it reported.
  public let step: Int
  public let phase: Phase
  public let reason: Reason
  public let seconds: Double

  public var description: String {
    let what = reason == .gone ? "no sign of life" : "no progress"
    return "rank \(rank) on \(host): \(what) for \(Int(seconds.rounded())) s, last seen in "
      + "step \(step), \(phase). Look at that machine and run again to continue"
  }
}
