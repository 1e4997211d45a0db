import Autograd
import Foundation
import Tensors

/// Adafactor as ScalingViT uses it: a second moment factored into rows and columns, momentum in
/// float32, no update clipping, no scaling by the weights' size.
///
/// With `g² + epsilon` averaged over rows (r) and columns (c), both moving averages with
/// `beta2_t = min(beta2, 1 - t^-0.8)`: `u = g / √(r cᵀ / mean(r))`, `m = beta1·m + (1 - beta1)·u`,
/// `p -= lr·(m + decay·p)`. Tensors with a side below 32 keep a full second moment.
/// - Source: Shazeer, Stern, arXiv 1804.04235; Zhai et al., arXiv 2106.04560, §3.4.
public final class Adafactor: Optimizer {
  public var updates = 0
  private let slots: [Slot]
  private let settings: OptimizerSettings

  private struct Slot {
    let parameter: Parameter
    let decay: Float
    let momentum: Tensor
    let second: Second

    enum Second {
      case factored(rows: Tensor, columns: Tensor)
      case full(Tensor)
    }
  }

  public init(_ parameters: ParameterSet, _ settings: OptimizerSettings) {
    self.settings = settings
    slots = parameters.parameters.map { parameter in
      let shape = parameter.shape
      let isFactored = shape.count == 2 && shape[0] >= 32 && shape[1] >= 32
      return Slot(
        parameter: parameter,
        decay: settings.decay.applies(to: parameter) ? settings.weightDecay : 0,
        momentum: .zeros(shape),
        second: isFactored
          ? .factored(rows: .zeros([shape[0]]), columns: .zeros([shape[1]]))
          : .full(.zeros(shape)))
    }
  }

  public var state: [(name: String, tensor: Tensor)] {
    slots.flatMap { slot -> [(name: String, tensor: Tensor)] in
      let name = slot.parameter.name, momentum = ("first_moment.\(name)", slot.momentum)
      switch slot.second {
      case .factored(let rows, let columns):
        return [momentum, ("row_moment.\(name)", rows), ("column_moment.\(name)", columns)]
      case .full(let moment): return [momentum, ("second_moment.\(name)", moment)]
      }
    }
  }

  public func update(learningRate: Float, gradientScale: Float) {
    updates += 1
    let beta2 = Float(min(settings.beta2, 1 - pow(Double(updates), -0.8)))
    for slot in slots {
      switch slot.second {
      case .factored(let rows, let columns):
        let step = FactoredStep(
          slot.parameter, rows: rows, columns: columns, beta2: beta2, epsilon: settings.epsilon,
          gradientScale: gradientScale)
        step.apply(
          momentum: slot.momentum, beta1: settings.beta1, learningRate: learningRate,
          decay: slot.decay)
      case .full(let moment):
        let p = slot.parameter
        Threads.split(p.count, grain: 16_384) { range in
          let start = range.lowerBound
          kernels.adafactor_update(
            p.value.pointer + start, p.gradient.pointer + start, slot.momentum.pointer + start,
            moment.pointer + start, range.count, gradientScale, settings.beta1, beta2,
            settings.epsilon, learningRate, slot.decay)
        }
      }
    }
  }
}

/// One update of a factored matrix: moving averages first, then the weights.
private struct FactoredStep {
  let parameter: Parameter
  let gradientScale: Float
  let rowFactors: Tensor
  let columnFactors: Tensor
  let blocks: RowBlocks

  init(
    _ parameter: Parameter, rows: Tensor, columns: Tensor, beta2: Float, epsilon: Float,
    gradientScale: Float
  ) {
    self.parameter = parameter
    self.gradientScale = gradientScale
    blocks = RowBlocks(rows: rows.count)
    rowFactors = Tensor(rows.shape)
    columnFactors = Tensor(columns.shape)
    average(into: rows, columns, beta2: beta2, epsilon: epsilon)
    let mean = kernels.sum(rows.pointer, rows.count) / Double(rows.count)
    for row in 0..<rows.count {
      rowFactors.pointer[row] = Float((mean / Double(rows.pointer[row])).squareRoot())
    }
    for column in 0..<columns.count {
      columnFactors.pointer[column] = 1 / columns.pointer[column].squareRoot()
    }
  }

  private func average(into rows: Tensor, _ columns: Tensor, beta2: Float, epsilon: Float) {
    let width = columns.count
    let sums = Tensor.zeros([blocks.count, width])
    Threads.tasks(blocks.count) { block, _ in
      for row in blocks[block] {
        let mean = kernels.adafactor_row_moments(
          parameter.gradient.pointer + row * width, width, gradientScale, epsilon,
          sums.pointer + block * width)
        rows.pointer[row] = beta2 * rows.pointer[row] + (1 - beta2) * Float(mean)
      }
    }
    for column in 0..<width {
      var sum = 0.0
      for block in 0..<blocks.count { sum += Double(sums.pointer[block * width + column]) }
      let mean = Float(sum / Double(rows.count))
      columns.pointer[column] = beta2 * columns.pointer[column] + (1 - beta2) * mean
    }
  }

  func apply(momentum: Tensor, beta1: Float, learningRate: Float, decay: Float) {
    let width = columnFactors.count
    Threads.tasks(blocks.count) { block, _ in
      for row in blocks[block] {
        kernels.adafactor_row_update(
          parameter.value.pointer + row * width, parameter.gradient.pointer + row * width,
          momentum.pointer + row * width, width, gradientScale, rowFactors.pointer[row],
          columnFactors.pointer, beta1, learningRate, decay)
      }
    }
  }
}
