import ArgumentParser
import CoCaModel
import Collectives
import Foundation
import Tensors

/// The contrastive loss and its gradient for growing batches: its time compared with that of its
/// products, and its memory. Under mpirun, ranks share the batch.
struct ContrastiveBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "contrastive",
    abstract: "The contrastive loss against its products, and its memory.")

  @OptionGroup var machine: MachineOptions
  @Option(parsing: .upToNextOption, help: "Pairs in the global batch.")
  var pairs = [1024, 2048, 4096, 8192, 16_384]
  @Option(help: "Dimensions.") var joint = 512
  @Option(help: "gather or ring.") var exchange = ContrastiveExchange.gather
  @Flag(help: "One run of each size and no products, for sizes that take minutes.")
  var once = false

  func run() throws {
    let binding = Binding(.auto)
    binding.apply()
    let ranks = try Ranks.start()
    try machine.start()
    let isFirst = ranks.rank == 0
    if isFirst {
      print("\(ranks.size) ranks × \(machine.threads) threads, \(joint) dimensions, \(exchange)")
      print("    pairs  seconds  of its products  inputs MB  beyond MB")
    }
    for size in pairs {
      let row = try measure(size, over: ranks)
      if isFirst { print(row) }
      fflush(nil)
    }
    Ranks.finish()
  }

  /// The slowest rank's time, and the memory of the rank that needs the most.
  private func measure(_ size: Int, over ranks: any Communicator) throws -> String {
    Tensor.releaseUnused()
    let mine = size * (ranks.rank + 1) / ranks.size - size * ranks.rank / ranks.size
    let own = Embeddings(images: vectors(mine, "images"), texts: vectors(mine, "texts"))
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = peakBytes()
    func step() throws { try ContrastiveBench.step(own, exchange, over: ranks) }
    var figures = [0.0, 0, 0]
    let tensors = try Tensor.peakBytes {
      let start = ContinuousClock.now
      try step()
      figures[0] = (ContinuousClock.now - start) / .seconds(1)
    }
    // Memory that the process still has from an earlier size would not show in the peak.
    figures[2] = Double(max(peakBytes() - before, tensors))
    if !once {
      figures[0] = min(figures[0], try bestSeconds(2) { try step() })
      let replay = ProductReplay(try GEMM.recording { try step() })
      figures[1] = bestSeconds(3) { replay.run() }
    }
    try ranks.allReduceMax(&figures)
    return [
      pad("\(size)", 9), pad(fixed(figures[0], 3), 8),
      pad(once ? "" : fixed(figures[0] / figures[1], 3), 16),
      pad(fixed(Double(8 * mine * joint) / 1e6, 1), 10), pad(fixed(figures[2] / 1e6, 1), 10),
    ].joined(separator: " ")
  }

  private static func step(
    _ own: Embeddings, _ exchange: ContrastiveExchange, over ranks: any Communicator
  ) throws {
    let pairs = own.images.rows
    let batch = try GlobalBatch(
      images: [pairs], texts: [pairs], counts: [], isOrdered: false, over: ranks)
    _ = try ContrastiveLoss(
      own, Matches(owners: Array(0..<pairs), batch), batch, scale: 14, exchange, over: ranks,
      clock: StepClock()
    ).gradient()
  }

  private func vectors(_ rows: Int, _ name: String) -> Tensor {
    let random = CounterRandom(seed: 0, .text(name))
    let vectors = Tensor([rows, joint]), size = 1 / Float(joint).squareRoot()
    for index in 0..<vectors.count {
      vectors.pointer[index] = random.bits(UInt64(index)) & 1 == 0 ? size : -size
    }
    return vectors
  }
}

extension ContrastiveExchange: ExpressibleByArgument {}
