import Foundation

/// How much of a rank's processors goes to other processes.
public struct CoreUse: Sendable {
  /// Shorter than this, a measurement says little: the system counts in hundredths of a second.
  public static let window = Duration.seconds(10)

  /// Seconds since the system's start, or the process's.
  package struct Times: Sendable {
    /// Of all processes on the rank's processors, and of the host of a virtual machine.
    package let all: Double
    /// Of this process.
    package let own: Double
    package let clock: ContinuousClock.Instant

    package init(all: Double, own: Double, clock: ContinuousClock.Instant) {
      (self.all, self.own, self.clock) = (all, own, clock)
    }
  }

  private let processors: Set<Int>
  /// The share that this rank's threads leave unused.
  private let spare: Double
  private var last: Times?
  /// The share of the processors' time that others had in the last window, beyond what this rank
  /// leaves unused; 0 before its end.
  public private(set) var others = 0.0

  /// Where ranks share processors, nothing is measured.
  public init(of binding: Binding) {
    processors = binding.isOversubscribed ? [] : Set(binding.processors)
    spare = 1 - min(Double(binding.threads) / Double(max(processors.count, 1)), 1)
    last = Self.now(processors)
  }

  /// Measures, once a window.
  public mutating func update() {
    guard let last, ContinuousClock.now - last.clock >= Self.window,
      let now = Self.now(processors)
    else { return }
    others = max(Self.others(from: last, to: now, processors: processors.count) - spare, 0)
    self.last = now
  }

  package static func others(from last: Times, to now: Times, processors: Int) -> Double {
    let taken = (now.all - last.all) - (now.own - last.own)
    let length = (now.clock - last.clock) / .seconds(1) * Double(processors)
    return length > 0 ? min(max(taken / length, 0), 1) : 0
  }

  private static func now(_ processors: Set<Int>) -> Times? {
    guard !processors.isEmpty,
      let text = ProcFiles(root: "").text("/proc/stat"),
      let ticks = busyTicks(text, of: processors)
    else { return nil }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let own = [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
    let ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    return Times(all: ticks / ticksPerSecond, own: own, clock: .now)
  }

  /// The ticks in which processors did something, as `/proc/stat` counts them: in user, nice,
  /// system, irq, softirq and steal, without idle and iowait. nil: a processor is missing.
  package static func busyTicks(_ text: String, of processors: Set<Int>) -> Double? {
    var found = 0, ticks = 0.0
    for line in text.split(separator: "\n") where line.hasPrefix("cpu") {
      let words = line.split(separator: " ")
      guard let number = Int(words[0].dropFirst(3)), processors.contains(number) else { continue }
      let counts = words.dropFirst().compactMap { Double($0) }
      guard counts.count >= 8 else { return nil }
      found += 1
      ticks += counts[0..<3].reduce(0, +) + counts[5..<8].reduce(0, +)
    }
    return found == processors.count ? ticks : nil
  }
}
