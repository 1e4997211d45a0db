import ArgumentParser
import Foundation
import Records

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the samples' keys in the order of the shards.",
    discussion: """
      Damage is reported and left out. Exits with 65 if there is any, or with 74 if some shard \
      only could not be read.

      With --text a line has KEY, captions and labels, separated by tabs; columns that are empty \
      at the end are left out. Captions are joined by " | ", labels by ", ", and control \
      characters in them become spaces.
      """)

  @Argument(help: "A dataset's folder.")
  var directory: String

  @Flag(help: "Print captions and labels too.")
  var text = false

  @Option(help: "Stop after this many samples.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is below 0") }
  }

  func run() throws {
    let set = try RecordSet(directory: URL(fileURLWithPath: directory))
    var left = limit ?? Int.max
    guard left > 0 else { return }
    var output = Output()
    var damage = Damage(), unreadable = 0
    defer { try? output.flush() }
    let found = try set.verify { found, frame in
      damage.tell(found)
      guard let frame else { return true }
      for sample in frame.samples.prefix(left) {
        left -= 1
        if let line = line(sample, in: frame) {
          try output.line(line)
        } else {
          unreadable += 1
        }
      }
      return left > 0
    }
    try output.flush()
    try Damage.end(directory, found)
    guard unreadable == 0 else { throw ExitCode(65) }
  }

  /// Nil where the texts cannot be read, which is reported.
  private func line(_ sample: Sample, in frame: DamageReport.Frame) -> String? {
    guard text else { return sample.key }
    do throws(RecordError) {
      let words = try sample.annotation()
      let parts = [
        words.captions.joined(separator: " | "), words.labels.joined(separator: ", "),
      ]
      let columns = [sample.key] + parts.map(\.onOneLine)
      let last = columns.lastIndex { !$0.isEmpty } ?? 0
      return columns[...last].joined(separator: "\t")
    } catch {
      let place = RecordError(
        file: frame.file, frame: frame.number, key: error.key, reason: error.reason)
      Failure.tell("\(place)")
      return nil
    }
  }
}
