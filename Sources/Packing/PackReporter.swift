import Foundation
import Records

/// Reports on standard error what a packer does: three rows of each reason for leaving one out as
/// they come, and their counts at the end; progress every second on a terminal and every ten
/// seconds elsewhere.
public struct PackReporter {
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private let isTerminal: Bool
  private let namesAll: Bool
  private var skipped = SkippedRows()
  private let write: (String) -> Void

  /// - Parameters:
  ///   - namesAll: whether every row that is left out is named; the counts are then not told.
  ///   - write: writes a text, which may begin with a carriage return.
  public init(
    isTerminal: Bool = isatty(2) == 1, namesAll: Bool = false,
    write: @escaping (String) -> Void = Self.onError
  ) {
    (self.isTerminal, self.namesAll) = (isTerminal, namesAll)
    self.write = write
  }

  public mutating func tell(_ event: PackEvent) {
    switch event {
    case .skipped(let error):
      guard namesAll || skipped.add(error.reason) else { return }
      write(clear + "skipped: \(error)\n")
    case .notice(let text):
      write(clear + "\(text)\n")
    case .progress(let counts):
      let now = ContinuousClock.now
      guard now - last >= .seconds(isTerminal ? 1 : 10) else { return }
      last = now
      let line = Self.line(counts, seconds: Self.seconds(now - start))
      write(isTerminal ? clear + line : line + "\n")
    }
  }

  /// Clears the line of progress, so that later output has a line of its own, and tells how many
  /// rows were left out for which reason.
  public func finish() {
    if isTerminal { write(clear) }
    for line in skipped.lines { write(line + "\n") }
  }

  /// `12000 samples, 3 skipped, 900/s, 45.2 MB/s, 61%, 2:10 left`
  package static func line(_ counts: PackCounts, seconds: Double) -> String {
    let elapsed = max(seconds, 0.001)
    var parts = [
      counts.samples.counted("sample"), "\(counts.skipped) skipped",
      "\(Int(Double(counts.rows) / elapsed))/s",
      String(format: "%.1f MB/s", Double(counts.rawBytes) / elapsed / 1e6),
    ]
    if counts.textless > 0 { parts.insert("\(counts.textless) without text", at: 2) }
    if let fraction = counts.fraction, fraction > 0 {
      let left = Int(elapsed / fraction - elapsed)
      parts.append("\(Int(fraction * 100))%")
      parts.append(String(format: "%d:%02d:%02d left", left / 3600, left / 60 % 60, left % 60))
    }
    return parts.joined(separator: ", ")
  }

  private var clear: String { isTerminal ? "\r\u{1B}[K" : "" }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  public static func onError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
