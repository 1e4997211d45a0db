import CoCaModel
import Foundation

/// A step as `metrics.jsonl` has it, without the single losses. Loss, gradient norm and scale are
/// of the global batch, before the step's update; a number that is not finite is null.
struct Metrics: Encodable {
  struct Accuracy: Encodable {
    let image_to_text: JSONNumber
    let text_to_image: JSONNumber
    let classification: JSONNumber

    /// Null without their losses.
    init(_ losses: Losses) {
      func accuracy(_ name: String, _ term: String = ContrastiveTerm.name) -> JSONNumber {
        JSONNumber(losses.figure(name, of: term)?.value)
      }
      image_to_text = accuracy(ContrastiveTerm.imageToText)
      text_to_image = accuracy(ContrastiveTerm.textToImage)
      classification = accuracy(ClassificationTerm.accuracy, ClassificationTerm.name)
    }
  }
  /// How gradients and sharded weights were sent, as means over the ranks.
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
  let logit_scale: JSONNumber
  let logit_bias: JSONNumber
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

extension Metrics {
  /// - Parameters:
  ///   - checkpointSeconds: what the checkpoint before this step took.
  ///   - epochs: how many of each source's epochs are done.
  init(
    _ step: Step, hosts: [String], checkpointSeconds: Double,
    epochs: some Sequence<(String, Double)>
  ) {
    let sums = step.sums, losses = step.losses
    let total = sums.mean(\.total)
    var seconds = Dictionary(
      uniqueKeysWithValues: StepClock.Phase.allCases.map { ($0.rawValue, sums.mean(\.[$0])) })
    seconds["checkpoint"] = checkpointSeconds
    seconds["total"] = total + checkpointSeconds
    self.step = step.progress.step
    time = Date().timeIntervalSince1970
    loss = JSONNumber(losses.total)
    logit_scale = JSONNumber(step.scale.map { Double($0) })
    logit_bias = JSONNumber(step.bias.map { Double($0) })
    grad_norm = JSONNumber(step.norm.value)
    lr = step.rate
    pairs = losses.pairs
    tokens = sums.tokens
    samples_seen = step.progress.samplesSeen
    pairs_per_second = Double(losses.pairs) / total
    tokens_per_second = Double(sums.tokens) / total
    gflops = sums.operations / total / 1e9
    accuracy = Accuracy(losses)
    skipped = sums.skipped
    self.seconds = seconds
    wire = Wire(bytes: sums.mean(\.wireBytes), seconds: sums.mean(\.wireSeconds))
    slowest = Slowest(
      rank: sums.slowest, host: hosts[sums.slowest], seconds: sums.list(\.work)[sums.slowest])
    imbalance = sums.imbalance
    resident_bytes = Int(sums.list(\.residentBytes).max() ?? 0)
    ranks = hosts.count
    epoch = Dictionary(epochs, uniquingKeysWith: max)
  }
}

/// Bytes of this process that are in memory now.
func residentBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return 0 }
  return pages * Int(getpagesize())
}

/// A number; null where there is none, and for infinity and NaN, which JSON does not have.
struct JSONNumber: Encodable {
  let value: Double?

  init(_ value: Double?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value, value.isFinite { try container.encode(value) } else { try container.encodeNil() }
  }
}
