import ArgumentParser
import Foundation
import Packing
import Records
import Statistics
import Text

struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a set holds: sizes, shapes, texts, languages, duplicates, extremes.",
    discussion: """
      Every frame is read and every picture decoded. Languages are guessed: by script, and for \
      Latin letters by small words. Duplicates are equal keys, equal files of pictures, and equal \
      texts, where case and spaces do not count.

        coca-shard stats data/stamps --html stamps.html
      """)

  @Argument(help: "A dataset's folder.")
  var directory: String

  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: "Write a page with example pictures, in one file that loads nothing.")
  var html: String?

  @Option(help: "A tokenizer's file: also count the ids of texts, start and end included.")
  var tokenizer: String?

  @Option(help: "Examine about this many samples, in frames spread evenly.")
  var limit: Int?

  @Option(help: "Threads (default: one for each processor).")
  var jobs: Int?

  func validate() throws {
    try refuseEmpty(html, "--html")
    if let limit, limit < 1 { throw ValidationError("--limit is below 1") }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs is not 1 to 1024") }
  }

  func run() throws {
    let set = try RecordSet(directory: URL(fileURLWithPath: directory))
    let tokenizer = try tokenizer.map { try TokenizerFile.open(URL(fileURLWithPath: $0)) }
    let page = html.map { URL(fileURLWithPath: $0) }
    if let page { try AtomicFile.prepare(page) }
    var progress = Progress()
    let survey = try SetSurvey(
      set, tokenizer: tokenizer, limit: limit,
      jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount
    ) { seen in
      progress.update("\(directory): \(seen) of \(set.index.samples) samples examined")
    }
    let statistics = SetStatistics(survey)
    if let page {
      let html = StatisticsPage(statistics, survey).html
      try AtomicFile.write(Data(html.utf8), to: page)
    }
    var output = Output()
    if json {
      try output.json(statistics)
    } else {
      for line in statistics.table { try output.line(line) }
    }
    try output.flush()
    guard statistics.lost > 0 else { return }
    Failure.tell("\(directory): \(statistics.lost.counted("sample")) lost. "
      + "`coca-shard verify \(directory)` names them")
    throw ExitCode(65)
  }
}
