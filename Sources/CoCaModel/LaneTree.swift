import Autograd
import Tensors

/// Sums over lanes in an order that does not depend on whether the lanes lie on 1, 2, 4, … ranks.
///
/// The order is a tree that first pairs lanes whose numbers differ in the highest bit. Rank r has
/// the lanes r, r + P, r + 2P, …: for every power of two P, a rank's own sum is a branch of the
/// tree, and the sum over ranks again first pairs those that differ in the highest bit.
enum LaneTree {
  /// A rank's `count` lanes in the order in which their branches are complete the soonest.
  static func order(_ count: Int) -> [Int] {
    guard count > 1 else { return Array(0..<count) }
    precondition(count.nonzeroBitCount == 1, "a power of two")
    let halves = order(count / 2)
    return halves.flatMap { [$0, $0 + count / 2] }
  }

  /// The sum of all lanes' numbers. The order is fixed too where their count is not a power of two.
  static func sum(_ numbers: some Sequence<Double>) -> Double {
    var sums = Array(numbers)
    while sums.count > 1 {
      let half = (sums.count + 1) / 2
      for index in half..<sums.count { sums[index - half] += sums[index] }
      sums.removeLast(sums.count - half)
    }
    return sums.first ?? 0
  }
}

/// Adds up the gradients of a rank's lanes; each lane's begin as zeros in the same buffer.
///
/// Holds a copy of the buffer for each branch that waits for its other half: log₂ of the lanes.
struct GradientTree {
  private let parameters: ParameterSet
  private let lanes: Int
  private var added = 0
  private var waiting: [Tensor] = []

  init(_ parameters: ParameterSet, lanes: Int) {
    (self.parameters, self.lanes) = (parameters, lanes)
  }

  /// Adds the buffer of the next lane of `LaneTree.order`. After the last it holds the sum of all.
  mutating func add() {
    guard lanes > 1 else { return }
    let gradient = parameters.gradients
    var branch = added
    added += 1
    while branch & 1 == 1 {
      let half = waiting.removeLast()
      split(gradient) { kernels.accumulate(half.pointer + $0.lowerBound, $1, $0.count) }
      branch >>= 1
    }
    guard added < lanes else { return }
    let half = Tensor(gradient.shape)
    split(gradient) { (half.pointer + $0.lowerBound).update(from: $1, count: $0.count) }
    parameters.clearGradients()
    waiting.append(half)
  }

  private func split(
    _ gradient: Tensor, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    Threads.split(gradient.count, grain: 16_384) { body($0, gradient.pointer + $0.lowerBound) }
  }
}
