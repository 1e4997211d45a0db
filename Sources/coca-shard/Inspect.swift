import ArgumentParser
import Foundation
import Records

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a dataset or one shard holds, from its tables and first frame.")

  @Argument(help: "A dataset's folder, or a shard.")
  var path: String

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let url = URL(fileURLWithPath: path)
    var output = Output()
    if url.isFolder {
      try show(try DatasetSummary(RecordSet(directory: url)), on: &output)
    } else {
      try show(try ShardSummary(ShardReader(file: url)), on: &output)
    }
    try output.flush()
  }

  private func show(_ summary: some Summary, on output: inout Output) throws {
    if json { return try output.json(summary) }
    for (name, value) in summary.rows {
      try output.line("\(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(value)")
    }
  }
}

private protocol Summary: Encodable {
  var rows: [(name: String, value: String)] { get }
}

private struct DatasetSummary: Summary {
  let path, origin: String
  let version, shards, frames, samples, bytes: Int
  let members: [String]

  init(_ set: RecordSet) throws {
    path = set.directory.path
    (origin, version) = (set.index.origin, set.index.version)
    shards = set.index.shards.count
    frames = set.index.shards.reduce(0) { $0 + $1.frames }
    (samples, bytes) = (set.index.samples, set.index.bytes)
    members = shards == 0 ? [] : try set.open(shard: 0).firstMembers()
  }

  var rows: [(name: String, value: String)] {
    [
      ("path", path), ("origin", origin), ("shards", "\(shards)"), ("frames", "\(frames)"),
      ("samples", "\(samples)"), ("bytes", "\(bytes) (\(bytes.byteText))"),
      ("members", members.joined(separator: " ")),
    ]
  }
}

private struct ShardSummary: Summary {
  let path: String
  let frames, samples, bytes, rawBytes, largestFrameBytes: Int
  let members: [String]

  init(_ shard: ShardReader) throws {
    path = shard.path
    (frames, samples, bytes) = (shard.frameSamples.count, shard.samples, shard.bytes)
    rawBytes = shard.frameBytes.reduce(0, +)
    largestFrameBytes = shard.frameBytes.max() ?? 0
    members = try shard.firstMembers()
  }

  var rows: [(name: String, value: String)] {
    [
      ("path", path), ("frames", "\(frames), the largest \(largestFrameBytes.byteText) raw"),
      ("samples", "\(samples)"), ("bytes", "\(bytes) (\(bytes.byteText))"),
      ("raw bytes", "\(rawBytes) (\(rawBytes.byteText))"),
      ("members", members.joined(separator: " ")),
    ]
  }
}

extension ShardReader {
  /// The suffixes that occur in the first frame, sorted.
  fileprivate func firstMembers() throws -> [String] {
    Set(try read(frame: 0).flatMap { $0.fields.map(\.suffix) }).sorted()
  }
}
