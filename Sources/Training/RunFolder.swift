import Checkpoints
import Foundation
import Synchronization

/// A run's output folder. Rank 0 writes into it; the others only `heartbeats`, and `status.json`
/// where they fail alone.
final class RunFolder: Sendable {
  let url: URL
  let checkpoints: CheckpointFolder
  /// Nil until the run has begun: an error before that is no state of the run.
  private let status = Mutex<Status?>(nil)

  /// What `status.json` says.
  struct Status: Encodable {
    enum State: String, Encodable { case running, done, stopped, failed }
    var state = State.running
    var code: Int32?
    var reason: String?
    var host: String
    var rank: Int
    var step: Int
    var checkpoint: String?
    var updated = Date()
  }

  init(_ url: URL) {
    self.url = url
    checkpoints = CheckpointFolder(url.appendingPathComponent("checkpoints"))
  }

  func create() throws {
    try OutputError.telling(of: url) {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
  }

  /// Says that the run goes on from `step`; every rank calls this, rank 0's is written.
  func begin(rank: Int, host: String, step: Int) throws {
    status.withLock { $0 = Status(host: host, rank: rank, step: step) }
    if rank == 0 { try update { _ in } }
  }

  /// Changes `status.json`, replacing it as a whole; nothing before `begin`.
  func update(_ change: (inout Status) -> Void) throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let changed = status.withLock { status -> Status? in
      guard var new = status else { return nil }
      change(&new)
      new.updated = Date()
      status = new
      return new
    }
    if let changed { try write(encoder.encode(changed), to: "status.json") }
  }

  func write(_ data: Data, to name: String) throws {
    let file = url.appendingPathComponent(name)
    try OutputError.telling(of: file) { try data.write(to: file, options: .atomic) }
  }

  /// A file of one JSON object a line; on resume, without the lines after `step`.
  func lines(_ name: String, upTo step: Int) throws -> LineLog {
    try LineLog(url.appendingPathComponent(name), upTo: step)
  }
}

/// A file that grows by whole JSON lines, each on its way to the disk when `append` returns.
final class LineLog {
  private let url: URL
  private let handle: FileHandle
  private let encoder = JSONEncoder()

  /// Opens or creates; lines whose `step` is above `step`, or that were cut short, are removed.
  init(_ url: URL, upTo step: Int) throws {
    self.url = url
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    handle = try OutputError.telling(of: url) {
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      let handle = try FileHandle(forUpdating: url)
      let old = try Data(contentsOf: url, options: .alwaysMapped)
      try handle.truncate(atOffset: UInt64(Self.keptBytes(of: old, upTo: step)))
      try handle.seekToEnd()
      return handle
    }
  }

  func append(_ line: some Encodable) throws {
    let bytes = try encoder.encode(line) + Data("\n".utf8)
    try OutputError.telling(of: url) { try handle.write(contentsOf: bytes) }
  }

  private struct Step: Decodable { let step: Int }

  private static func keptBytes(of data: Data, upTo step: Int) -> Int {
    var end = 0
    while let newline = data[(data.startIndex + end)...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = data[(data.startIndex + end)..<newline]
      guard let found = try? JSONDecoder().decode(Step.self, from: Data(line)), found.step <= step
      else { break }
      end = newline + 1 - data.startIndex
    }
    return end
  }
}
