import Autograd
import Collectives
import Foundation
import Tensors

/// Adafactor in ScalingViT's variant: a second moment factored into rows and columns, momentum in
/// float32, no update clipping, no scaling by the weights' size.
///
/// With `g² + epsilon` averaged over rows (r) and columns (c), both moving averages with
/// `beta2_t = min(beta2, 1 - t^-0.8)`: `u = g / √(r cᵀ / mean(r))`, `m = beta1·m + (1 - beta1)·u`,
/// `p -= lr·(m + decay·p)`. Tensors with a side below 32 keep a full second moment.
/// - Source: Shazeer, Stern, arXiv 1804.04235; Zhai et al., arXiv 2106.04560, §3.4.
public final class Adafactor: Optimizer {
  public static let name = "adafactor"
  public static let defaultEpsilon = 1e-30
  /// A first moment in float32.
  public static let stateBytes = 4.0

  public var updates = 0
  private let slots: [Slot]
  private let settings: OptimizerSettings
  private let shard: Shard?

  private struct Slot {
    let parameter: Parameter
    let decay: Float
    let momentum: OptimizerState
    let second: Second

    enum Second {
      case factored(rows: OptimizerState, columns: OptimizerState)
      case full(OptimizerState)
    }
  }

  public init(_ parameters: ParameterSet, _ settings: OptimizerSettings, shard: Shard? = nil) {
    self.settings = settings
    self.shard = shard
    slots = parameters.trained.map { parameter in
      let shape = parameter.shape, name = parameter.name, rows = shard.rows(of: parameter)
      func zeros(_ moment: String) -> OptimizerState {
        OptimizerState("\(moment).\(name)", shape: shape, rows: rows)
      }
      let isFactored = shape.count == 2 && shape[0] >= 32 && shape[1] >= 32
      return Slot(
        parameter: parameter,
        decay: settings.decay.applies(to: parameter) ? Float(settings.weightDecay) : 0,
        momentum: zeros("first_moment"),
        second: isFactored
          ? .factored(
            rows: OptimizerState("row_moment.\(name)", elements: shape[0], held: rows),
            columns: OptimizerState(
              "column_moment.\(name)", elements: shape[1], held: 0..<shape[1]))
          : .full(zeros("second_moment")))
    }
  }

  public var state: [OptimizerState] {
    slots.flatMap { slot in
      switch slot.second {
      case .factored(let rows, let columns): [slot.momentum, rows, columns]
      case .full(let moment): [slot.momentum, moment]
      }
    }
  }

  public func update(learningRate: Float, gradientScale: Float) throws {
    updates += 1
    let (beta1, epsilon) = (Float(settings.beta1), Float(settings.epsilon))
    let beta2 = Float(min(settings.beta2, 1 - pow(Double(updates), -0.8)))
    for slot in slots {
      switch slot.second {
      case .factored(let rows, let columns):
        let step = try FactoredStep(
          slot.parameter, rows: rows, columns: columns.tensor, beta2: beta2,
          epsilon: epsilon, gradientScale: gradientScale, shard: shard)
        step.apply(
          momentum: slot.momentum.tensor, beta1: beta1, learningRate: learningRate,
          decay: slot.decay)
      case .full(let moment):
        let p = slot.parameter, before = moment.held.lowerBound
        shard.forEachBlock(of: p) { elements in
          let start = elements.lowerBound, place = start - before
          kernels.adafactor_update(
            p.value.pointer + start, p.gradient.pointer + start,
            slot.momentum.tensor.pointer + place, moment.tensor.pointer + place, elements.count,
            gradientScale, beta1, beta2, epsilon, learningRate, slot.decay)
        }
      }
    }
  }
}

/// One update of a factored matrix, or of those of its rows that this rank holds: first the moving
/// averages, then the weights.
private struct FactoredStep {
  let parameter: Parameter
  let gradientScale: Float
  /// Row factors of the rows that this rank holds.
  let rowFactors: Tensor
  let columnFactors: Tensor
  let held: Range<Int>
  private let blocks: RowBlocks
  private var heldBlocks: Range<Int> { blocks.blocks(of: held) }

  init(
    _ parameter: Parameter, rows: OptimizerState, columns: Tensor, beta2: Float, epsilon: Float,
    gradientScale: Float, shard: Shard?
  ) throws {
    self.parameter = parameter
    self.gradientScale = gradientScale
    held = rows.held
    blocks = RowBlocks(rows: parameter.rows)
    rowFactors = Tensor([held.count])
    columnFactors = Tensor(columns.shape)
    let sums = average(into: rows.tensor, width: columns.count, beta2: beta2, epsilon: epsilon)
    try shard?.share(sums, of: parameter)
    average(sums, into: columns, beta2: beta2)
    // The mean of the row factors is that of the column factors, which every rank has whole.
    let mean = kernels.sum(columns.pointer, columns.count) / Double(columns.count)
    for row in 0..<held.count {
      rowFactors.pointer[row] = Float((mean / Double(rows.tensor.pointer[row])).squareRoot())
    }
    for column in 0..<columns.count {
      columnFactors.pointer[column] = 1 / columns.pointer[column].squareRoot()
    }
  }

  /// - Returns: `[blocks, width]`, the column sums of the blocks that this rank holds.
  private func average(into rows: Tensor, width: Int, beta2: Float, epsilon: Float) -> Tensor {
    let sums = Tensor.zeros([blocks.count, width]), first = heldBlocks.lowerBound
    Threads.tasks(heldBlocks.count) { task, _ in
      let block = first + task
      for row in blocks[block] {
        let mean = kernels.adafactor_row_moments(
          parameter.gradient.pointer + row * width, width, gradientScale, epsilon,
          sums.pointer + block * width)
        let place = row - held.lowerBound
        rows.pointer[place] = beta2 * rows.pointer[place] + (1 - beta2) * Float(mean)
      }
    }
    return sums
  }

  /// Adds the blocks in their order, in double precision.
  private func average(_ sums: Tensor, into columns: Tensor, beta2: Float) {
    let width = columns.count
    Threads.split(width, grain: 64) { range in
      var totals = [Double](repeating: 0, count: range.count)
      for block in 0..<blocks.count {
        let row = sums.pointer + block * width + range.lowerBound
        for place in totals.indices { totals[place] += Double(row[place]) }
      }
      for (column, total) in zip(range, totals) {
        let mean = Float(total / Double(parameter.rows))
        columns.pointer[column] = beta2 * columns.pointer[column] + (1 - beta2) * mean
      }
    }
  }

  func apply(momentum: Tensor, beta1: Float, learningRate: Float, decay: Float) {
    let width = columnFactors.count, first = heldBlocks.lowerBound
    Threads.tasks(heldBlocks.count) { task, _ in
      for row in blocks[first + task] {
        let place = row - held.lowerBound
        kernels.adafactor_row_update(
          parameter.value.pointer + row * width, parameter.gradient.pointer + row * width,
          momentum.pointer + place * width, width, gradientScale, rowFactors.pointer[place],
          columnFactors.pointer, beta1, learningRate, decay)
      }
    }
  }
}
