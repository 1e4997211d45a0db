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

  /// What is told of 700 missing files, four rows that are too short, and one that climbs.
  private func lines(namesAll: Bool) -> [Substring] {
    let log = Log()
    var reporter = PackReporter(isTerminal: false, namesAll: namesAll) { log.text += $0 }
    for row in 0..<700 { reporter.tell(.skipped(PackingError("a/\(row).png", .missing))) }
    for row in 1...4 {
      let why = "\(row) columns, 5 needed"
      reporter.tell(.skipped(PackingError("x.csv line \(row)", .row(why))))
    }
    reporter.tell(.skipped(PackingError("x.csv line 9", .climbs("../a"))))
    reporter.finish()
    return log.text.split(separator: "\n")
  }

  @Test("of rows that are left out three of each reason are named, and the reasons counted")
  func grouped() {
    let all = lines(namesAll: false)
    let places = all.filter { $0.hasPrefix("skipped: ") }.map { $0.split(separator: ": ")[1] }
    #expect(places == [
      "a/0.png", "a/1.png", "a/2.png", "x.csv line 1", "x.csv line 2", "x.csv line 3",
      "x.csv line 9",
    ])
    #expect(all.dropFirst(places.count) == [
      "skipped 705 rows, examples above, all of them with --verbose:",
      "     700  there is no such file or folder", "       4  N columns, N needed",
      "       1  ../a climbs out of the root",
    ])
  }

  @Test("all rows that are left out can be named")
  func namesAll() {
    let all = lines(namesAll: true)
    #expect(all.count == 705 && all.allSatisfy { $0.hasPrefix("skipped: ") })
  }

  @Test("reasons of a hundred kinds are named three times each for fifty of them, and counted")
  func kinds() {
    let log = Log()
    var reporter = PackReporter(isTerminal: false) { log.text += $0 }
    for row in 0..<500 {
      let kind = String(repeating: "x", count: row % 100)
      reporter.tell(.skipped(PackingError("a", .row(kind))))
    }
    reporter.finish()
    let all = log.text.split(separator: "\n")
    #expect(all.count { $0.hasPrefix("skipped: ") } == 51 * 3)
    #expect(all.contains("     250  other reasons") && all.count == 51 * 4 + 1)
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
