import CoCaModel
import Collectives
import Foundation

/// A step as `metrics.jsonl` shows it. Losses, norm and scale are of the global batch and from
/// before the step's update; a number that is not finite is null.
struct Metrics: Encodable {
  struct Accuracy: Encodable {
    let image_to_text: JSONNumber
    let text_to_image: JSONNumber
  }
  /// Of gradients and sharded weights, means over ranks.
  struct Wire: Encodable {
    let bytes: Double
    let seconds: Double
  }
  struct Slowest: Encodable {
    let rank: Int
    let host: String
    let seconds: Double
  }

  let step: Int
  let time: Double
  let loss: JSONNumber
  let contrastive: JSONNumber
  let caption: JSONNumber
  let logit_scale: JSONNumber
  let grad_norm: JSONNumber
  let lr: Double
  let pairs: Int
  let tokens: Int
  let samples_seen: Int
  let pairs_per_second: Double
  let tokens_per_second: Double
  let gflops: Double
  let accuracy: Accuracy
  let skipped: Int
  let seconds: [String: Double]
  let wire: Wire
  let slowest: Slowest
  let imbalance: Double
  let resident_bytes: Int
  let ranks: Int
  let epoch: [String: Double]
}

/// What one rank knows of a step, and what all of them make of it in one sum.
struct StepReport {
  var seconds: [StepClock.Phase: Double] = [:]
  var total = 0.0
  /// Samples read for this step, and how many of them could not be used.
  var read = 0
  var skipped = 0
  var operations = 0.0
  var tokens = 0
  var residentBytes = 0
  /// What this rank sent of gradients and weights, and how long they were on their way.
  var travelled = (bytes: 0, seconds: 0.0)
  /// This rank could not copy a shard to its cache.
  var lacksCopies = false
  /// This rank was asked to stop.
  var wantsStop = false
  /// Rank 0 finds that time for a checkpoint has come.
  var wantsCheckpoint = false

  /// Seconds of this rank's own work: waiting for others is not its slowness.
  private var work: Double {
    [.data, .forward, .backward, .optimizer].reduce(0) { $0 + (seconds[$1] ?? 0) }
  }

  /// The sums over ranks, and every rank's own seconds and memory.
  struct Summed {
    let means: [StepClock.Phase: Double]
    /// Mean seconds of the step.
    let total: Double
    /// Every rank's seconds of its own work.
    let work: [Double]
    let residentBytes: [Double]
    let read: Int
    let skipped: Int
    let operations: Double
    let tokens: Int
    let wireBytes: Double
    let wireSeconds: Double
    let lacksCopies: Bool
    let wantsStop: Bool
    let wantsCheckpoint: Bool

    var slowest: Int { work.indices.max { work[$0] < work[$1] } ?? 0 }
    /// The slowest rank's work over the mean: what all could be faster with equal shares.
    var imbalance: Double {
      let mean = work.reduce(0, +) / Double(work.count)
      return mean > 0 ? work[slowest] / mean : 1
    }
  }

  func summed(over ranks: any Communicator) throws -> Summed {
    let phases = StepClock.Phase.allCases
    var values = phases.map { seconds[$0] ?? 0 }
    values += [
      Double(read), Double(skipped), operations, Double(tokens), wantsStop ? 1 : 0,
      wantsCheckpoint ? 1 : 0, total, Double(travelled.bytes), travelled.seconds,
      lacksCopies ? 1 : 0,
    ]
    let shared = values.count
    values += [Double](repeating: 0, count: 2 * ranks.size)
    values[shared + ranks.rank] = work
    values[shared + ranks.size + ranks.rank] = Double(residentBytes)
    try ranks.allReduceSum(&values)
    let rest = values[phases.count...].map { $0 }
    return Summed(
      means: Dictionary(
        uniqueKeysWithValues: zip(phases, values.map { $0 / Double(ranks.size) })),
      total: rest[6] / Double(ranks.size), work: Array(values[shared..<shared + ranks.size]),
      residentBytes: Array(values[(shared + ranks.size)...]), read: Int(rest[0]),
      skipped: Int(rest[1]), operations: rest[2], tokens: Int(rest[3]),
      wireBytes: rest[7] / Double(ranks.size), wireSeconds: rest[8] / Double(ranks.size),
      lacksCopies: rest[9] > 0, wantsStop: rest[4] > 0, wantsCheckpoint: rest[5] > 0)
  }
}

/// Bytes of this process that are in memory now.
func residentBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return 0 }
  return pages * Int(getpagesize())
}

/// A number, or null where there is none, or an infinity or NaN, which JSON does not have.
struct JSONNumber: Encodable {
  let value: Double?

  init(_ value: Double?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value, value.isFinite { try container.encode(value) } else { try container.encodeNil() }
  }
}
