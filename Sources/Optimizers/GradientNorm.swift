import Autograd
import Collectives
import Tensors

/// The norm of the summed gradient, and which parameters' gradients are not finite.
public struct GradientNorm: Sendable {
  /// The norm before clipping.
  public let value: Double
  /// The sum of squares of every parameter's gradient, in the order of the parameter set.
  private let squares: [(parameter: String, sum: Double)]

  /// Names of the parameters whose gradient has an infinity or NaN.
  public var nonfinite: [String] { squares.filter { !$0.sum.isFinite }.map(\.parameter) }

  /// The norm of every parameter's gradient, in the order of the parameter set.
  public var norms: [(parameter: String, norm: Double)] {
    squares.map { ($0.parameter, $0.sum.squareRoot()) }
  }

  public init(_ parameters: ParameterSet) {
    self.init(parameters, Self.squares(parameters, nil))
  }

  /// The norm of gradients of which each rank has its shard's rows. Collective where there is a
  /// shard.
  /// - Throws: `CollectiveError` if a rank is lost.
  public init(_ parameters: ParameterSet, shard: Shard?) throws {
    var squares = Self.squares(parameters, shard)
    try shard?.share(&squares)
    self.init(parameters, squares)
  }

  /// - Parameter blocks: the sum of squares of every row block of every parameter.
  private init(_ parameters: ParameterSet, _ blocks: [Double]) {
    var first = 0
    squares = parameters.trained.map { parameter in
      let count = RowBlocks(rows: parameter.rows).count
      defer { first += count }
      return (parameter.name, blocks[first..<first + count].reduce(0, +))
    }
    value = squares.reduce(0) { $0 + $1.sum }.squareRoot()
  }

  /// The factor for gradients that makes their norm at most `limit`; nil: no limit.
  public func scale(limit: Double?) -> Float {
    guard let limit else { return 1 }
    return Float(min(1, limit / (value + 1e-6)))
  }

  /// The sum of squares of every row block; zero for blocks that this rank does not hold.
  private static func squares(_ parameters: ParameterSet, _ shard: Shard?) -> [Double] {
    parameters.trained.flatMap { parameter in
      let blocks = RowBlocks(rows: parameter.rows), width = parameter.width
      let held = blocks.blocks(of: shard.rows(of: parameter))
      return [Double](unsafeUninitializedCapacity: blocks.count) { sums, count in
        sums.initialize(repeating: 0)
        count = blocks.count
        // Each element is written by one thread.
        nonisolated(unsafe) let sums = sums
        Threads.tasks(held.count) { task, _ in
          let rows = blocks[held.lowerBound + task]
          sums[held.lowerBound + task] = kernels.sum_of_squares(
            parameter.gradient.pointer + rows.lowerBound * width, rows.count * width)
        }
      }
    }
  }
}
