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
  let isClaimed = Mutex(false)

  /// What `status.json` says; what does not apply is null.
  struct Status: Codable {
    enum State: String, Codable { case running, done, stopped, failed }
    var state = State.running
    var code: Int32?
    var reason: String?
    var host: String
    var rank: Int
    var step: Int
    var checkpoint: String?
    var updated = Date()

    private enum CodingKeys: CodingKey {
      case state, code, reason, host, rank, step, checkpoint, updated
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(state, forKey: .state)
      try container.encode(code, forKey: .code)
      try container.encode(reason, forKey: .reason)
      try container.encode(host, forKey: .host)
      try container.encode(rank, forKey: .rank)
      try container.encode(step, forKey: .step)
      try container.encode(checkpoint, forKey: .checkpoint)
      try container.encode(updated, forKey: .updated)
    }
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
  func begin(rank: Int, host: String, step: Int, checkpoint: String?) throws {
    status.withLock {
      $0 = Status(host: host, rank: rank, step: step, checkpoint: checkpoint)
    }
    guard rank == 0 else { return }
    unlink(verdict.path)
    try update { _ in }
  }

  /// There once a rank has called another one lost, and said so in `status.json`.
  private var verdict: URL { url.appendingPathComponent("heartbeats/verdict") }

  /// What `status.json` says now; nil where it is not there or not one.
  var saved: Status? {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return (try? Data(contentsOf: url.appendingPathComponent("status.json"))).flatMap {
      try? decoder.decode(Status.self, from: $0)
    }
  }

  /// Says how the run failed. Before `begin` only a run that was to go on hears of it, nobody
  /// shall read there that trying again helps; and none that goes on meanwhile.
  func fail(code: Int32, reason: String, host: String, rank: Int) {
    if status.withLock({ $0 != nil }), access(verdict.path, F_OK) == 0 { return }
    let saved = saved
    let mayGoOn = saved.map { $0.state != .done } ?? false && (try? claim(patience: 0)) != nil
    status.withLock { status in
      if status == nil, mayGoOn { status = saved }
    }
    end(code: code, reason: reason, host: host, rank: rank)
  }

  /// Says that the run has failed. Any rank may have to: only rank 0 knows steps and checkpoints.
  func end(code: Int32, reason: String, host: String, rank: Int, step: Int = 0) {
    let saved = saved
    try? update { status in
      status.state = .failed
      (status.code, status.reason) = (code, reason)
      (status.host, status.rank) = (host, rank)
      status.step = max(status.step, step, saved?.step ?? 0)
      status.checkpoint = saved?.checkpoint ?? status.checkpoint
    }
  }

  /// Changes `status.json`, replacing it as a whole; nothing before `begin`. A rank that was
  /// called lost and woke up once more does not speak for the run.
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
    guard let changed else { return }
    guard changed.state == .failed || access(verdict.path, F_OK) != 0 else { return }
    try write(encoder.encode(changed), to: "status.json")
  }

  func write(_ data: Data, to name: String) throws {
    let file = url.appendingPathComponent(name)
    try OutputError.telling(of: file) { try data.write(to: file, options: .atomic) }
  }
}
