import Packing
import Testing

@Suite("Packing reports")
struct PackReporterTests {
  private final class Log {
    var text = ""
  }

  @Test("a skipped row is told on a line of its own", arguments: [false, true])
  func skipped(isTerminal: Bool) {
    let log = Log()
    var reporter = PackReporter(isTerminal: isTerminal) { log.text += $0 }
    reporter.tell(.skipped(PackingError("x.jsonl line 3", .row("not a JSON object"))))
    reporter.finish()
    let line = "skipped: x.jsonl line 3: not a JSON object\n"
    #expect(log.text == (isTerminal ? "\r\u{1B}[K\(line)\r\u{1B}[K" : line))
  }

  @Test("progress tells speed, share and time left")
  func progress() {
    var counts = PackCounts()
    (counts.rows, counts.samples, counts.skipped) = (1000, 990, 10)
    (counts.rawBytes, counts.fraction) = (50_000_000, 0.25)
    #expect(PackReporter.line(counts, seconds: 10)
      == "990 samples, 10 skipped, 100/s, 5.0 MB/s, 25%, 0:00:30 left")
    (counts.fraction, counts.textless) = (nil, 0)
    #expect(PackReporter.line(counts, seconds: 10) == "990 samples, 10 skipped, 100/s, 5.0 MB/s")
    counts.textless = 7
    #expect(PackReporter.line(counts, seconds: 10)
      == "990 samples, 10 skipped, 7 without text, 100/s, 5.0 MB/s")
  }
}
