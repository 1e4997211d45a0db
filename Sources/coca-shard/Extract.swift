import ArgumentParser
import Foundation
import Records

struct Extract: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes samples as files KEY.suffix into a folder, never outside it.",
    discussion: """
      Files that exist are not replaced: that is an error. Damage is reported and left out. Exits \
      with 65 if there is any, or with 74 if some shard only could not be read.
      """)

  @Argument(help: "A dataset's folder.")
  var directory: String

  @Option(help: "The folder to write into; it is made if it does not exist.")
  var to: String

  @Option(help: "Only the first sample with this key.")
  var key: String?

  func validate() throws { try refuseEmpty(to, "--to") }

  func run() throws {
    let set = try RecordSet(directory: URL(fileURLWithPath: directory))
    let target = try Extraction(folder: URL(fileURLWithPath: to))
    var written = 0
    var progress = Progress()
    var damage = Damage()
    let found = try set.verify { found, frame in
      damage.tell(found)
      if let frame { written += try write(frame.samples, to: target) }
      progress.update("\(to): \(written) samples, shard \(found.shards)")
      return key == nil || written == 0
    }
    if let key, written == 0 {
      // The key may be in a shard that could not be read.
      if found.damage.contains(where: \.isUnread) { try Damage.end(directory, found) }
      throw RecordError(file: directory, key: key, reason: .keyMissing)
    }
    var output = Output()
    try output.line("\(to): \(written.counted("sample"))")
    try output.flush()
    try Damage.end(directory, found)
  }

  private func write(_ samples: [Sample], to target: borrowing Extraction) throws -> Int {
    let wanted = key.map { key in
      samples.first { $0.key.utf8.elementsEqual(key.utf8) }.map { [$0] } ?? []
    } ?? samples
    for sample in wanted { try target.write(sample) }
    return wanted.count
  }
}
