import Checkpoints
import Checksums
import Collectives
import Foundation
import Text

/// What all ranks must read alike, with a checksum of each part. Otherwise a rank with other data
/// or another learning rate would go its own way, and nobody would notice.
struct Agreement: Codable {
  fileprivate struct Part: Codable, Equatable {
    let name: String
    let checksum: String
    let exitCode: Int32
  }

  private let host: String
  fileprivate let parts: [Part]

  /// For data the checksum is of the names and sizes of all shards, from `index.json`, and of the
  /// source's settings.
  init(_ plan: RunPlan) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var parts = [
      Part("the run file", try plan.configuration.yaml().utf8, ExitCode.usage),
      Part("the tokenizer", plan.tokenizer?.model ?? Data(), ExitCode.usage),
    ]
    for source in plan.sources {
      let shards = try encoder.encode(source.records.map(\.index.shards))
      parts.append(Part(source.name, shards + Data("\(source.text)".utf8), ExitCode.data))
    }
    for set in plan.validation {
      let shards = try encoder.encode(set.records.map(\.index.shards))
      parts.append(
        Part(
          "validation \(set.settings.name)", shards + Data("\(set.task)".utf8),
          ExitCode.data))
    }
    host = Ranks.host
    self.parts = parts
  }

  /// Collective.
  /// - Throws: `Disagreement`, on all ranks, where one rank reads something other than rank 0.
  func check(over ranks: any Communicator) throws {
    let all = try ranks.allGather(Array(JSONEncoder().encode(self)))
    try together(ranks) {
      let first = try JSONDecoder().decode(Agreement.self, from: Data(all[0]))
      guard let (mine, _) = zip(parts, first.parts).first(where: { $0 != $1 }) else { return }
      throw Disagreement(
        exitCode: mine.exitCode,
        description: "\(mine.name) on \(host): is not what rank 0 on \(first.host) reads. "
          + "Give all hosts the same files, best on a file system that they share")
    }
  }
}

extension Agreement.Part {
  fileprivate init(_ name: String, _ bytes: some Sequence<UInt8>, _ exitCode: Int32) {
    self.init(name: name, checksum: Checksum.text(of: bytes), exitCode: exitCode)
  }
}

/// Ranks that do not see the same files.
struct Disagreement: Error, ExitCoded, CustomStringConvertible {
  let exitCode: Int32
  let description: String
}

extension RunFolder {
  /// Checks that all ranks see the folder that rank 0 writes into: they share heartbeats and
  /// checkpoints there. Network file systems get some seconds. Collective.
  /// - Throws: `Disagreement`, on all ranks, where a rank does not see it.
  func checkShared(over ranks: any Communicator) throws {
    // A name that nobody has looked up before: no cache has recorded that it is missing.
    var name = Array("shared-\(UUID().uuidString)".utf8)
    try ranks.broadcast(&name, from: 0)
    let file = url.appendingPathComponent(String(decoding: name, as: UTF8.self))
    try together(ranks) {
      if ranks.rank == 0 { try write(Data(), to: file.lastPathComponent) }
    }
    defer { if ranks.rank == 0 { unlink(file.path) } }
    try together(ranks) {
      for _ in 0..<30 where access(file.path, F_OK) != 0 { usleep(100_000) }
      guard access(file.path, F_OK) != 0 else { return }
      throw Disagreement(
        exitCode: ExitCode.usage,
        description: "\(url.path) on \(Ranks.host): is not the folder that rank 0 writes into. "
          + "Put --output on a file system that all hosts share")
    }
  }
}
