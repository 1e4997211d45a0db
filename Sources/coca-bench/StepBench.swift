import ArgumentParser
import Foundation
import Tensors

/// Training steps on one batch, one for each input line, so that two trainers can take turns while
/// both stay in memory.
struct StepBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times forward, backward and AdamW on one batch.")

  @OptionGroup var machine: MachineOptions
  @OptionGroup var work: TrialWork

  func run() throws {
    try machine.start(isAnnounced: false)
    let trial = try work.trial()
    var replay: ProductReplay?
    while let line = readLine() {
      let before = Usage()
      switch line {
      case "machine": say(ProductSpeed.measure())
      case "step": try say(trial.step(), since: before, trial.cost)
      case "products":
        let products = try replay ?? ProductReplay(trial.products())
        replay = products
        say(["products": bestSeconds(1) { products.run() }], since: before, trial.cost)
      default: throw ValidationError("machine, step or products, not \(line)")
      }
    }
  }

  private func say(_ seconds: [String: Double], since before: Usage, _ cost: Double) {
    let usage = Usage()
    say(Report(
      seconds: seconds, processor_seconds: usage.seconds - before.seconds, operations: cost,
      page_faults: usage.pageFaults - before.pageFaults, peak_bytes: peakBytes()))
  }

  private func say(_ report: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(report) else { return }
    FileHandle.standardOutput.write(data + Data("\n".utf8))
  }

  private struct Report: Encodable {
    let seconds: [String: Double]
    let processor_seconds: Double
    let operations: Double
    let page_faults: Int
    let peak_bytes: Int
  }
}
