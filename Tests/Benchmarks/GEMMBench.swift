import ArgumentParser
import CoCaModel
import Tensors

/// The products of a model's step by shape, each alone.
struct GEMMBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm", abstract: "GFLOP/s of every product of a step, by shape.")

  @OptionGroup var machine: Machine
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

  /// Operations a second, operands in whatever cache they fit: the best of some trials.
  private static func rate(of product: GEMM.Product) -> Double {
    let repeats = max(1, Int(2e8 / product.operations))
    let tasks = product.isShared ? 1 : Threads.count
    let operands = (0..<tasks).map { _ in Operands(product) }
    let best = bestSeconds {
      if product.isShared {
        for _ in 0..<repeats { operands[0].multiply() }
      } else {
        Threads.tasks(tasks) { task, _ in for _ in 0..<repeats { operands[task].multiply() } }
      }
    }
    return product.operations * Double(repeats * tasks) / best
  }
}

private struct Operands {
  let product: GEMM.Product
  let a: Tensor, b: Tensor, c: Tensor

  init(_ product: GEMM.Product) {
    self.product = product
    a = Tensor.zeros([product.rows * product.depth])
    b = Tensor.zeros([product.depth * product.columns])
    c = Tensor.zeros([product.rows * product.columns])
    a.fill(0.5)
    b.fill(0.25)
  }

  func multiply() {
    let a = Matrix(
      a.pointer, rows: product.rows, columns: product.depth, isTransposed: product.isLeftTransposed)
    let b = Matrix(
      b.pointer, rows: product.depth, columns: product.columns,
      isTransposed: product.isRightTransposed)
    let c = Matrix(c.pointer, rows: product.rows, columns: product.columns)
    if product.isShared {
      GEMM.multiply(a, b, into: c, product.precision)
    } else {
      GEMM.serial(a, b, into: c, product.precision)
    }
  }
}
