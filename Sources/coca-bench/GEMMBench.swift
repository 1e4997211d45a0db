import ArgumentParser
import CoCaModel
import Tensors

/// The products of a model's step by shape, each measured alone.
struct GEMMBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm", abstract: "GFLOP/s of every product of a step, by shape, beside OpenBLAS.")

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
    print("OpenBLAS \(OpenBLAS.core)")
    print("     rows     depth   columns  a b  made by   times   share  GFLOP/s  OpenBLAS  ratio")
    var seconds = Rates(own: 0, openBLAS: 0)
    let byCost = counts.sorted {
      $0.key.operations * Double($0.value) > $1.key.operations * Double($1.value)
    }
    for (product, count) in byCost {
      let rates = Self.rates(of: product)
      seconds.own += product.operations * Double(count) / rates.own
      seconds.openBLAS += product.operations * Double(count) / rates.openBLAS
      print(
        [product.rows, product.depth, product.columns].map { pad("\($0)", 9) }
          .joined(separator: " "),
        " \(product.isLeftTransposed ? "T" : "-") \(product.isRightTransposed ? "T" : "-") ",
        product.isShared ? "the team" : "a thread", pad("\(count)", 7),
        pad(percent(product.operations * Double(count) / total), 7), pad(fixed(rates.own / 1e9, 1), 8),
        pad(fixed(rates.openBLAS / 1e9, 1), 9), pad(fixed(rates.own / rates.openBLAS, 2), 6))
    }
    let rates = Rates(own: total / seconds.own, openBLAS: total / seconds.openBLAS)
    print(
      "all: \(fixed(total / 1e9, 1)) GFLOP at \(fixed(rates.own / 1e9, 1)) GFLOP/s,",
      "\(fixed(rates.own / rates.openBLAS, 2)) times OpenBLAS's \(fixed(rates.openBLAS / 1e9, 1)),",
      "\(percent(rates.own / MultiplyAdds.widest.teamRate())) of the multiply-adds")
  }

  /// Operations per second.
  private struct Rates {
    var own: Double
    var openBLAS: Double
  }

  /// The best of some trials, in turn; operands may be in any cache they fit in.
  private static func rates(of product: GEMM.Product) -> Rates {
    let repeats = max(1, Int(2e8 / product.operations))
    let tasks = product.isShared ? 1 : Threads.count
    let operands = (0..<tasks).map { _ in Tensor([product.elements]) }
    operands.forEach { $0.fill(0.5) }
    func rate(byOpenBLAS: Bool) -> Double {
      let seconds = bestSeconds(1) {
        if product.isShared {
          for _ in 0..<repeats {
            product.multiply(in: operands[0].pointer, byOpenBLAS: byOpenBLAS)
          }
        } else {
          Threads.tasks(tasks) { task, _ in
            for _ in 0..<repeats {
              product.multiply(in: operands[task].pointer, byOpenBLAS: byOpenBLAS)
            }
          }
        }
      }
      return product.operations * Double(repeats * tasks) / seconds
    }
    var best = Rates(own: 0, openBLAS: 0)
    for _ in 0..<7 {
      best.own = max(best.own, rate(byOpenBLAS: false))
      best.openBLAS = max(best.openBLAS, rate(byOpenBLAS: true))
    }
    return best
  }
}
