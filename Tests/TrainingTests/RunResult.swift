import Foundation
import TestSupport

/// What a run left in its output folder.
struct RunResult: Sendable {
  /// The numbers of a step that do not depend on the clock.
  struct Step: Decodable, Equatable, Sendable {
    let step: Int
    let loss: Double?
    let contrastive: Double?
    let caption: Double?
    let grad_norm: Double?
    let logit_scale: Double?
    let logit_bias: Double?
    let lr: Double
    let pairs: Int
    let tokens: Int
    let samples_seen: Int
    let skipped: Int
  }

  /// How evenly ranks worked in a step.
  struct Balance: Decodable, Sendable {
    struct Slowest: Decodable, Sendable {
      let rank: Int
      let seconds: Double
    }

    let slowest: Slowest
    let imbalance: Double
    let ranks: Int
    let seconds: [String: Double]
  }

  struct Keys: Decodable, Equatable, Sendable {
    let step: Int
    let keys: [String: [String]]
  }

  struct Status: Decodable, Sendable {
    let state: String
    let code: Int32?
    let reason: String?
    let step: Int
    let checkpoint: String?
  }

  let steps: [Step]
  let balance: [Balance]
  let keys: [Keys]
  let status: Status
  /// Weights and optimiser state of the last checkpoint, file by file.
  let checkpoint: [String: Data]

  init(_ folder: TestFolder, output: String = "out") throws {
    steps = try Self.lines(folder.data("\(output)/metrics.jsonl"))
    balance = try Self.lines(folder.data("\(output)/metrics.jsonl"))
    keys =
      folder.exists("\(output)/samples.jsonl")
      ? try Self.lines(folder.data("\(output)/samples.jsonl")) : []
    status = try Self.status(folder, output: output)
    var files: [String: Data] = [:]
    if let name = status.checkpoint {
      let newest = "\(output)/checkpoints/\(name)"
      for name in try folder.files(below: newest) where name.hasSuffix(".safetensors") {
        files[name] = try folder.data("\(newest)/\(name)")
      }
    }
    checkpoint = files
  }

  static func status(_ folder: TestFolder, output: String = "out") throws -> Status {
    try JSONDecoder().decode(Status.self, from: folder.data("\(output)/status.json"))
  }

  /// The largest relative difference of a step's losses and gradient norm.
  func difference(from other: RunResult) -> Double {
    guard steps.map(\.step) == other.steps.map(\.step) else { return .infinity }
    return zip(steps, other.steps).flatMap { mine, theirs in
      [\Step.loss, \.contrastive, \.caption, \.grad_norm].map { number in
        guard let a = mine[keyPath: number], let b = theirs[keyPath: number] else {
          return Double.infinity
        }
        return abs(a - b) / abs(b)
      }
    }.max() ?? .infinity
  }

  private static func lines<Line: Decodable>(_ data: Data) throws -> [Line] {
    try data.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Line.self, from: Data($0))
    }
  }
}
