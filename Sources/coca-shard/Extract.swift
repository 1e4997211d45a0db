import ArgumentParser
import Foundation
import Records

struct Extract: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes samples as files KEY.suffix into a folder, never outside it.",
    discussion: "What is in the folder already is not replaced: that is an error.")

  @Argument(help: "A dataset's folder.")
  var directory: String

  @Option(help: "The folder to write into; made if missing.")
  var to: String

  @Option(help: "Only the first sample with this key.")
  var key: String?

  func run() throws {
    let set = try RecordSet(directory: URL(fileURLWithPath: directory))
    let target = try Extraction(folder: URL(fileURLWithPath: to))
    var written = 0
    var progress = Progress()
    for shard in set.index.shards.indices where key == nil || written == 0 {
      let reader = try set.open(shard: shard)
      for frame in reader.frameSamples.indices where key == nil || written == 0 {
        written += try write(frame: frame, of: reader, to: target)
        progress.update("\(to): \(written) samples, shard \(shard + 1)")
      }
    }
    if let key, written == 0 {
      throw RecordError(file: directory, key: key, reason: .keyMissing)
    }
    var output = Output()
    try output.line("\(to): \(written) samples")
    try output.flush()
  }

  private func write(
    frame: Int, of shard: ShardReader, to target: borrowing Extraction
  ) throws -> Int {
    let samples = try shard.read(frame: frame)
    let wanted = key.map { key in
      samples.first { $0.key.utf8.elementsEqual(key.utf8) }.map { [$0] } ?? []
    } ?? samples
    for sample in wanted { try target.write(sample) }
    return wanted.count
  }
}
