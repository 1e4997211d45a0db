import ArgumentParser
import CoCaModel
import Foundation
import Packing
import Records
import Tensors
import Text

/// The cost of captions of different lengths: the slowest rank's work over the mean, computed from
/// the lengths of real captions and the operations that they need.
struct BalanceBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance", abstract: "The slowest rank's work over the mean, for real captions.",
    discussion: "Pairs are given to ranks at random, as in a shuffled epoch.")

  @Option(help: "A dataset's folder.") var records: String
  @Option(help: "A SentencePiece model.") var tokenizer: String
  @Option(parsing: .upToNextOption, help: "Presets.") var models = ["tiny", "small", "base"]
  @Option(parsing: .upToNextOption, help: "Pairs per rank.") var pairs = [16, 64]
  @Option(parsing: .upToNextOption, help: "Ranks.") var ranks = [2, 8, 64]
  @Option(help: "Steps.") var steps = 2000

  func run() throws {
    let tokenizer = try TokenizerFile.open(URL(fileURLWithPath: tokenizer))
    let set = try RecordSet(directory: URL(fileURLWithPath: records))
    var texts = RecordTexts(sets: [set], kind: .caption, limit: .max, seed: 0)
    var captions: [String] = []
    while let text = texts.next() { captions.append(text) }
    print("model  pairs a rank  ranks  slowest over mean")
    for name in models {
      guard let model = ModelConfiguration.preset(name) else {
        throw ValidationError("unknown model \(name)")
      }
      let lengths = try captions.map {
        try tokenizer.caption($0, context: model.text.context).count
      }
      let cost = Cost(model, vocabularySize: tokenizer.vocabularySize)
      let work = lengths.map { cost.image + cost.text(tokens: $0) }
      for pairs in pairs {
        for ranks in ranks {
          let ratio = excess(work, pairs: pairs, ranks: ranks)
          print(
            name.padding(toLength: 6, withPad: " ", startingAt: 0), pad("\(pairs)", 12),
            pad("\(ranks)", 6), pad(fixed(ratio, 3), 18))
        }
      }
      let mean = Double(lengths.reduce(0, +)) / Double(lengths.count)
      print("\(lengths.count) captions of \(lengths.min() ?? 0) to \(lengths.max() ?? 0) ids,",
        "\(fixed(mean, 1)) on average")
    }
  }

  private func excess(_ work: [Double], pairs: Int, ranks: Int) -> Double {
    let random = CounterRandom(seed: 0, "balance")
    var draw: UInt64 = 0, sum = 0.0
    for _ in 0..<steps {
      let sums = (0..<ranks).map { _ in
        (0..<pairs).reduce(0.0) { sum, _ in
          draw += 1
          return sum + work[random.below(work.count, at: draw)]
        }
      }
      sum += (sums.max() ?? 0) / (sums.reduce(0, +) / Double(ranks))
    }
    return sum / Double(steps)
  }
}
