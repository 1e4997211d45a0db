import ArgumentParser
import Foundation
import Records

struct Index: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes index.json again from the shards alone, for example after packing in parts.")

  @Argument(help: "A folder of shards.")
  var directory: String

  func run() throws {
    let url = URL(fileURLWithPath: directory)
    let index = try RecordIndex(rebuilding: url)
    try index.write(to: url)
    var output = Output()
    try output.line("\(directory): \(index.shards.count.counted("shard")), "
      + "\(index.samples.counted("sample")), \(index.bytes.byteText)")
    try output.flush()
  }
}
