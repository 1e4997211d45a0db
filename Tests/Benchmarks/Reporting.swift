import Foundation

/// The shortest of some runs, after one to warm up.
func bestSeconds(_ trials: Int = 7, _ body: () -> Void) -> Double {
  body()
  return (0..<trials).map { _ in
    let start = ContinuousClock.now
    body()
    return (ContinuousClock.now - start) / .seconds(1)
  }.min() ?? 0
}

func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
func percent(_ share: Double) -> String { fixed(100 * share, 1) + "%" }
func pad(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// The most memory this process has held, from the system's own count.
func peakBytes() -> Int {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }),
    let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first
  else { return 0 }
  return (Int(kibibytes) ?? 0) << 10
}
