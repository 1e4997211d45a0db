import ArgumentParser
import Foundation
import Records

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reads every frame of every shard and lists all damage.",
    discussion: """
      Of a damaged frame it lists the keys that can still be read. Exits with 65 if there is any \
      damage, or with 74 if something only could not be read.
      """)

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
      try output.line("\(damage.error) (\(damage.samplesLost.counted("sample")) lost)")
      for key in damage.keys { try output.line("  lost: \(key)") }
      let unknown = damage.samplesLost - damage.keys.count
      if unknown > 0, !damage.keys.isEmpty {
        try output.line("  lost: \(unknown) more, whose keys cannot be read")
      }
    }
    let read = "\(result.frames.counted("frame")), \(result.samples.counted("sample")) read"
    try output.line(
      "\(directory): \(result.shards.counted("shard")), \(read), \(result.samplesLost) lost")
    try output.flush()
    try Damage.end(directory, result)
  }
}
