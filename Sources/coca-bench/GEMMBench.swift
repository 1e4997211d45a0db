import ArgumentParser
import CoCaModel
import Tensors

/// The products of a model's step by shape, each measured alone.
struct GEMMBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm", abstract: "GFLOP/s of every product of a step, by shape.")

  @OptionGroup var machine: MachineOptions
  @Option(help: "A preset.") var model = "base"
  @Option(help: "Pairs.") var batch = 32
  @Option(help: "Tokens of a caption.") var tokens = 12

  func run() throws {
    try machine.start()
    let trial = try Trial(preset: model, pairs: batch, tokens: tokens)
    let products = try trial.products()
    let counts = Dictionary(grouping: products) { $0 }.mapValues(\.count)
    let total = products.reduce(0) { $0 + $1.operations }
    print("     rows     depth   columns  a b  made by   times   share  GFLOP/s")
    var seconds = 0.0
    let byCost = counts.sorted {
      $0.key.operations * Double($0.value) > $1.key.operations * Double($1.value)
    }
    for (product, count) in byCost {
      let rate = Self.rate(of: product)
      seconds += product.operations * Double(count) / rate
      print(
        [product.rows, product.depth, product.columns].map { pad("\($0)", 9) }
          .joined(separator: " "),
        " \(product.isLeftTransposed ? "T" : "-") \(product.isRightTransposed ? "T" : "-") ",
        product.isShared ? "the team" : "a thread", pad("\(count)", 7),
        pad(percent(product.operations * Double(count) / total), 7), pad(fixed(rate / 1e9, 1), 8))
    }
    print("all: \(fixed(total / 1e9, 1)) GFLOP at \(fixed(total / seconds / 1e9, 1)) GFLOP/s")
  }

  /// Operations per second, the best of some trials; operands may be in any cache they fit in.
  private static func rate(of product: GEMM.Product) -> Double {
    let repeats = max(1, Int(2e8 / product.operations))
    let tasks = product.isShared ? 1 : Threads.count
    let operands = (0..<tasks).map { _ in Tensor([product.elements]) }
    operands.forEach { $0.fill(0.5) }
    let best = bestSeconds {
      if product.isShared {
        for _ in 0..<repeats { product.multiply(in: operands[0].pointer) }
      } else {
        Threads.tasks(tasks) { task, _ in
          for _ in 0..<repeats { product.multiply(in: operands[task].pointer) }
        }
      }
    }
    return product.operations * Double(repeats * tasks) / best
  }
}
