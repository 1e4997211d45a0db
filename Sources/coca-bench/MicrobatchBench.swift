import ArgumentParser
import Tensors

/// Steps of one batch in micro-batches of several sizes, compared with the step of the whole batch.
struct MicrobatchBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "microbatch",
    abstract: "What micro-batches cost in time and save in memory.",
    discussion: "Sizes take turns; ratios are medians over the rounds, and include the update.")

  @OptionGroup var machine: MachineOptions
  @Option(help: "A preset.") var model = "small"
  @Option(help: "Pairs in the batch.") var pairs = 64
  @Option(help: "Ids of a caption.") var tokens = 10
  @Option(help: "Size of the vocabulary, where the preset has none.") var vocabulary = 16_000
  @Option(parsing: .upToNextOption, help: "Micro-batches.") var sizes = [32, 16, 8, 4]
  @Option(help: "Rounds.") var rounds = 5

  func run() throws {
    try machine.start()
    let trial = try Trial(preset: model, pairs: pairs, tokens: tokens, vocabulary: vocabulary)
    let kinds = [Int?.none] + sizes.map(Optional.some)
    let memory = try kinds.map { size in
      try Tensor.peakBytes { _ = try trial.step(microbatch: size) }
    }
    let seconds = try (0..<rounds).map { _ in
      try kinds.map { try trial.step(microbatch: $0)["total"] ?? 0 }
    }
    print("\(model), \(pairs) pairs, \(machine.threads) threads, \(machine.precision)")
    print("micro-batch  seconds  of the whole step  memory MB")
    for (index, size) in kinds.enumerated() {
      print(
        pad(size.map(String.init) ?? "whole", 11),
        pad(fixed(median(seconds.map { $0[index] }), 3), 8),
        pad(fixed(median(seconds.map { $0[index] / $0[0] }), 3), 18),
        pad(fixed(Double(memory[index]) / 1e6, 0), 10))
    }
  }
}
