import ArgumentParser
import Collectives
import Evaluation
import Foundation
import Records

/// The options of every subcommand.
struct SharedOptions: ParsableArguments {
  @Argument(help: "A step's folder, a run's folder, or open_clip's.", completion: .directory)
  var checkpoint: String

  @Option(help: "Compute threads per rank (default: the node's cores over its ranks).")
  var threads: Int?

  @Option(help: "Take only so many samples, from the first on.")
  var limit: Int?

  func validate() throws {
    try check(threads, "--threads", 1...1024)
    try check(limit, "--limit", 1...Int.max)
  }
}

extension SharedOptions {
  /// The picture files of `--images`, at most `--limit` of them. Collective.
  func pictures(_ paths: [String], over ranks: any Communicator) throws -> [String] {
    let files = try together(ranks) { try PictureFiles.listed(paths) }
    return Array(files.prefix(limit ?? files.count))
  }
}

/// The pictures of a command that also reads records.
let imagesHelp: ArgumentHelp = "Picture files (PNG, JPEG, WebP, GIF), or folders of them."

/// Refuses a number outside its range.
func check(_ value: Int?, _ name: String, _ range: ClosedRange<Int>) throws {
  guard let value, !range.contains(value) else { return }
  let bound =
    range.upperBound == .max
    ? "below \(range.lowerBound)" : "not between \(range.lowerBound) and \(range.upperBound)"
  throw ValidationError("\(name): \(value) is \(bound).")
}

/// Opens a folder of records on every rank. Collective.
func openRecords(_ folder: String, over ranks: any Communicator) throws -> [RecordSet] {
  try together(ranks) { [try RecordSet(directory: URL(fileURLWithPath: folder))] }
}
