import ArgumentParser
import Checkpoints
import CoCaModel
import Foundation
import Tensors
import Text

/// Training steps on one batch, one for each line that comes in, so that two trainers can take
/// turns while both stay in memory.
struct StepBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times forward, backward and AdamW on one batch.")

  @OptionGroup var machine: Machine
  @Option(help: "A preset.") var model = "base"
  @Option(help: "safetensors with images [n, 3, h, w] and ids [n, context].") var batch: String

  func run() throws {
    try machine.start()
    guard let shape = ModelConfiguration.preset(model) else {
      throw ValidationError("unknown model \(model)")
    }
    let files = try TensorFiles(file: batch)
    let images = try files.tensor("images"), ids = try files.tensor("ids")
    let captions = PackedCaptions((0..<ids.rows).map { row in
      ids.rows(row..<row + 1).values.map { Int32($0) }.trimmed
    })
    let trial = Trial(CoCa(shape, vocabularySize: 0), images, captions)
    let cost = Cost(shape, vocabularySize: 0).step(captions)
    while let line = readLine() {
      switch line {
      case "step": try say(trial.step(), cost)
      case "products":
        let replay = Replay(try trial.products())
        say(["products": bestSeconds(3) { replay.run() }], cost)
      default: throw ValidationError("step or products, not \(line)")
      }
    }
  }

  private func say(_ seconds: [String: Double], _ cost: Double) {
    let report = Report(seconds: seconds, operations: cost, peak_bytes: peakBytes())
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(report) else { return }
    FileHandle.standardOutput.write(data + Data("\n".utf8))
  }

  private struct Report: Encodable {
    let seconds: [String: Double]
    let operations: Double
    let peak_bytes: Int
  }
}

extension [Int32] {
  /// Without the zeros that pad it.
  fileprivate var trimmed: [Int32] { Array(self[...(lastIndex { $0 != 0 } ?? 0)]) }
}
