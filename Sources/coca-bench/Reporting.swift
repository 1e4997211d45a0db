import Foundation

/// The shortest of some runs, after one run to warm up.
func bestSeconds(_ trials: Int = 7, _ body: () throws -> Void) rethrows -> Double {
  try body()
  return try (0..<trials).map { _ in
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }.min() ?? 0
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted(), middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
func percent(_ share: Double) -> String { fixed(100 * share, 1) + "%" }
func pad(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// What the system has counted of this process so far.
struct Usage {
  /// Processor seconds of all threads.
  let seconds: Double
  /// Pages that the system gave on first touch.
  let pageFaults: Int

  init() {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    seconds =
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    pageFaults = usage.ru_minflt
  }
}

/// The most memory that this process has had, as the system counts it.
func peakBytes() -> Int {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }),
    let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first
  else { return 0 }
  return (Int(kibibytes) ?? 0) << 10
}
