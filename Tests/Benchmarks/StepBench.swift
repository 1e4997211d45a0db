import ArgumentParser
import Checkpoints
import CoCaModel
import Collectives
import Foundation
import Optimizers
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
      case "gemms": say(["gemms": trial.gemmSeconds(try trial.products())], cost)
      default: throw ValidationError("step or gemms, not \(line)")
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

private final class Trial {
  let model: CoCa
  let images: Tensor
  let captions: PackedCaptions
  let optimizer: any Optimizer
  let clock = StepClock()

  init(_ model: CoCa, _ images: Tensor, _ captions: PackedCaptions) {
    self.model = model
    self.images = images
    self.captions = captions
    model.parameters.allocate(training: true)
    model.parameters.initialize(seed: 0)
    var settings = OptimizerSettings()
    settings.name = .adamw
    settings.epsilon = 1e-8
    optimizer = settings.optimizer(for: model.parameters)
  }

  func step() throws -> [String: Double] {
    clock.reset()
    let start = ContinuousClock.now
    try gradients()
    clock.measure(.optimizer) { optimizer.update(learningRate: 1e-5, gradientScale: 1) }
    let total = (ContinuousClock.now - start) / .seconds(1)
    return Dictionary(
      uniqueKeysWithValues: clock.seconds.map { ($0.key.rawValue, $0.value) } + [("total", total)])
  }

  private func gradients() throws {
    clock.measure(.backward) { model.parameters.gradients.fill(0) }
    _ = try Objective(model, weights: LossWeights(), over: SoloCommunicator(), clock: clock)
      .backward(images, captions)
  }

  func products() throws -> [GEMM.Product] {
    try GEMM.recording { try gradients() }
  }

  /// The same products alone, on operands that are not in cache.
  func gemmSeconds(_ products: [GEMM.Product]) -> Double {
    let arena = Arena()
    let start = ContinuousClock.now
    var index = 0
    while index < products.count {
      if products[index].isShared {
        arena.multiply(products[index])
        index += 1
      } else {
        let end = products[index...].firstIndex { $0.isShared } ?? products.count
        let first = index
        Threads.tasks(end - first) { task, member in
          arena.multiply(products[first + task], member: member)
        }
        index = end
      }
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}

/// Memory that products take their operands from, one after another.
private final class Arena: @unchecked Sendable {
  private let memory = Tensor.zeros([1 << 28])
  /// Where each thread's next operand lies.
  private var next: [Int]
  private let share: Int

  init() {
    share = memory.count / Threads.count
    next = [Int](repeating: 0, count: Threads.count)
    for index in stride(from: 0, to: memory.count, by: 3) { memory.pointer[index] = 0.5 }
  }

  func multiply(_ product: GEMM.Product, member: Int? = nil) {
    let a = matrix(product.rows, product.depth, product.isLeftTransposed, member)
    let b = matrix(product.depth, product.columns, product.isRightTransposed, member)
    let c = matrix(product.rows, product.columns, false, member)
    if member == nil {
      GEMM.multiply(a, b, into: c, product.precision)
    } else {
      GEMM.serial(a, b, into: c, product.precision)
    }
  }

  private func matrix(_ rows: Int, _ columns: Int, _ isTransposed: Bool, _ member: Int?) -> Matrix {
    let size = rows * columns, owner = member ?? 0
    let room = member == nil ? memory.count : share
    if next[owner] + size > room { next[owner] = 0 }
    defer { next[owner] += size }
    return Matrix(
      memory.pointer + owner * share + next[owner], rows: rows, columns: columns,
      isTransposed: isTransposed)
  }
}

/// The most memory this process has held, from the system's own count.
func peakBytes() -> Int {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
    let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM") }),
    let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first
  else { return 0 }
  return (Int(kibibytes) ?? 0) << 10
}

extension [Int32] {
  /// Without the zeros that pad it.
  fileprivate var trimmed: [Int32] { Array(self[...(lastIndex { $0 != 0 } ?? 0)]) }
}
