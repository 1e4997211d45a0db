import ArgumentParser
import Autograd
import Tensors

/// The vocabulary loss for growing vocabularies: its time compared with that of its products, and
/// its memory.
struct LossBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loss", abstract: "The vocabulary loss against its products, and its memory.")

  @OptionGroup var machine: MachineOptions
  @Option(help: "Predicted tokens.") var tokens = 1024
  @Option(help: "Width.") var width = 768

  func run() throws {
    try machine.start()
    print("\(tokens) tokens, width \(width), \(machine.threads) threads, \(machine.precision)")
    print("vocabulary  seconds  of its products  scratch MB")
    for size in [8_000, 16_000, 32_000, 64_000, 128_000] {
      let loss = VocabularyTrial(tokens: tokens, vocabulary: size, width: width)
      var seconds = 0.0
      let scratch = Double(Tensor.peakBytes { seconds = bestSeconds(3) { loss.step() } }) / 1e6
      let replay = ProductReplay(GEMM.recording { loss.step() })
      let products = bestSeconds(3) { replay.run() }
      print(
        pad("\(size)", 10), pad(fixed(seconds, 3), 8), pad(fixed(seconds / products, 3), 16),
        pad(fixed(scratch, 1), 11))
    }
  }
}

private final class VocabularyTrial {
  let parameters = ParameterSet()
  let vocabulary: Parameter
  let hidden: Parameter
  let targets: [Int32]

  init(tokens: Int, vocabulary size: Int, width: Int) {
    vocabulary = parameters.declare("vocabulary", [size, width], .matrix, .normal(deviation: 0.02))
    hidden = parameters.declare("hidden", [tokens, width], .matrix, .normal(deviation: 1))
    parameters.allocate(training: true)
    parameters.initialize(seed: 0)
    targets = (0..<tokens).map { Int32($0 * 7919 % size) }
  }

  func step() {
    let tape = Tape()
    let input = Variable(hidden, on: tape)
    _ = vocabularyCrossEntropy(input, vocabulary, targets: targets, weight: 1)
    tape.backward()
  }
}
