import ArgumentParser
import Foundation
import Records

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reads every frame of every shard and lists all damage.",
    discussion: "Exits with 65 if there is any, or with 74 if something only could not be read.")

  @Argument(help: "A dataset's folder.")
  var directory: String

  func run() throws {
    let set = try RecordSet(directory: URL(fileURLWithPath: directory))
    let (shards, samples) = (set.index.shards.count, set.index.samples)
    var progress = Progress()
    let result = set.verify { found, _ in
      progress.update("\(directory): shard \(found.shards) of \(shards), "
        + "\(found.samples) of \(samples) samples read, \(found.damage.count) damaged")
      return true
    }
    var output = Output()
    for damage in result.damage {
      try output.line("\(damage.error) (\(damage.samplesLost) samples lost)")
    }
    try output.line("\(directory): \(result.shards) shards, \(result.frames) frames, "
      + "\(result.samples) samples read, \(result.samplesLost) lost")
    try output.flush()
    try Damage.end(directory, result)
  }
}
