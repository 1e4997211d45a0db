import ArgumentParser
import Foundation
import Records

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the samples' keys in the order of the shards.",
    discussion: """
      With --text a line is KEY, captions and labels with tabs between; captions are joined by \
      " | ", labels by ", ", and control characters in them become spaces.
      """)

  @Argument(help: "A dataset's folder.")
  var directory: String

  @Flag(help: "Captions and labels too.")
  var text = false

  @Option(help: "Stop after this many samples.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is below 0") }
  }

  func run() throws {
    let set = try RecordSet(directory: URL(fileURLWithPath: directory))
    var left = limit ?? Int.max
    var output = Output()
    defer { try? output.flush() }
    for shard in set.index.shards.indices where left > 0 {
      let reader = try set.open(shard: shard)
      for frame in reader.frameSamples.indices where left > 0 {
        for sample in try reader.read(frame: frame).prefix(left) {
          try output.line(try line(sample, from: reader, frame: frame))
          left -= 1
        }
      }
    }
    try output.flush()
  }

  private func line(_ sample: Sample, from shard: ShardReader, frame: Int) throws -> String {
    guard text else { return sample.key }
    do throws(RecordError) {
      let words = try sample.annotation()
      let parts = [
        words.captions.joined(separator: " | "), words.labels.joined(separator: ", "),
      ]
      return ([sample.key] + parts.map(Self.onOneLine)).joined(separator: "\t")
    } catch {
      throw RecordError(file: shard.path, frame: frame, key: error.key, reason: error.reason)
    }
  }

  private static func onOneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map {
      $0.properties.generalCategory == .control ? " " : $0
    }))
  }
}
