import Autograd
import Tensors

/// The length of the summed gradient, and where it is not a number.
public struct GradientNorm: Sendable {
  /// Before clipping.
  public let value: Double
  /// Names of the parameters whose gradient holds an infinity or NaN.
  public let nonfinite: [String]

  public init(_ parameters: ParameterSet) {
    let squares = parameters.parameters.map(Self.sumOfSquares)
    value = squares.reduce(0, +).squareRoot()
    nonfinite = zip(parameters.parameters, squares).filter { !$0.1.isFinite }.map(\.0.name)
  }

  /// What to multiply gradients by so that their norm is at most `limit`; nil: no limit.
  public func scale(limit: Double?) -> Float {
    guard let limit else { return 1 }
    return Float(min(1, limit / (value + 1e-6)))
  }

  private static func sumOfSquares(_ parameter: Parameter) -> Double {
    let blocks = RowBlocks(rows: parameter.gradient.rows), width = parameter.gradient.width
    let sums = Sums(count: blocks.count)
    Threads.tasks(blocks.count) { block, _ in
      let rows = blocks[block]
      sums.pointer[block] = kernels.sum_of_squares(
        parameter.gradient.pointer + rows.lowerBound * width, rows.count * width)
    }
    return sums.total
  }

  /// A double per block, each written by one thread.
  private final class Sums {
    let pointer: UnsafeMutablePointer<Double>
    let count: Int
    init(count: Int) {
      self.count = count
      pointer = .allocate(capacity: count)
    }
    deinit { pointer.deallocate() }
    var total: Double { (0..<count).reduce(0) { $0 + pointer[$1] } }
  }
}
