import Checkpoints
import Foundation
import Synchronization

/// A run's output folder. Rank 0 writes into it. The other ranks write only into `heartbeats`, and
/// into `status.json` where one of them fails alone.
final class RunFolder: Sendable {
  let url: URL
  let checkpoints: CheckpointFolder
  /// Nil until the run has begun: an error before that does not change the run's state.
  private let status = Mutex<Status?>(nil)
  let hold = Mutex(Hold())

  /// The contents of `status.json`; a key that does not apply is null.
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

  /// Notes that the run continues from `step`. Every rank calls this; rank 0 writes it.
  func begin(rank: Int, host: String, step: Int, checkpoint: String?) throws {
    hold.withLock { $0.isMade = false }
    status.withLock {
      $0 = Status(host: host, rank: rank, step: step, checkpoint: checkpoint)
    }
    guard rank == 0 else { return }
    unlink(verdict.path)
    try update { _ in }
    try write(Data(repeating: 0x20, count: Self.roomBytes), to: Self.room)
  }

  /// Bytes of the disk that are given up so that a run can note its end on a full one.
  private static let room = ".room", roomBytes = 16 << 10

  /// Removes what `begin` has made for the run's own use.
  func giveUpRoom() { unlink(url.appendingPathComponent(Self.room).path) }

  /// A file that exists once a rank has declared another one lost, and noted it in `status.json`.
  private var verdict: URL { url.appendingPathComponent("heartbeats/verdict") }

  /// What `status.json` holds now; nil where there is no such file or it cannot be read.
  var saved: Status? {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return (try? Data(contentsOf: url.appendingPathComponent("status.json"))).flatMap {
      try? decoder.decode(Status.self, from: $0)
    }
  }

  /// Notes how the run failed. Before `begin` this changes only the status of a run that could be
  /// resumed: a script that restarts failed runs must not try this one again. The status of a run
  /// that is going on in this folder is left alone.
  func fail(code: Int32, reason: String, host: String, rank: Int) {
    if status.withLock({ $0 != nil }), access(verdict.path, F_OK) == 0 { return }
    let saved = saved
    let mayGoOn = saved.map { $0.state != .done } ?? false && (try? claim(patience: 0)) != nil
    status.withLock { status in
      if status == nil, mayGoOn { status = saved }
    }
    end(code: code, reason: reason, host: host, rank: rank)
  }

  /// Notes that the run has failed. Any rank may call it; only rank 0 knows steps and checkpoints.
  func end(code: Int32, reason: String, host: String, rank: Int, step: Int = 0) {
    let saved = saved
    giveUpRoom()
    try? update { status in
      status.state = .failed
      (status.code, status.reason) = (code, reason)
      (status.host, status.rank) = (host, rank)
      status.step = max(status.step, step, saved?.step ?? 0)
      status.checkpoint = saved?.checkpoint ?? status.checkpoint
    }
  }

  /// Changes `status.json` and writes the whole file anew; does nothing before `begin`. A rank that
  /// was declared lost and then woke up can no longer write anything but a failure.
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
