import Autograd
import Tensors

/// Turns summed gradients into an update of the weights.
public protocol Optimizer: AnyObject, SendableMetatype {
  /// What run files call it.
  static var name: String { get }
  /// What keeps its divisions finite where a run file gives no `optimizer.epsilon`.
  static var defaultEpsilon: Double { get }
  /// Bytes of state for each weight; factored moments are too few to count.
  static var stateBytes: Double { get }

  /// - Parameter shard: the rows that this rank updates; nil: all.
  init(_ parameters: ParameterSet, _ settings: OptimizerSettings, shard: Shard?)

  /// Updates made so far.
  var updates: Int { get set }
  /// Everything but `updates` that the next update depends on.
  var state: [OptimizerState] { get }

  /// `p -= learningRate · (u + weightDecay · p)` for every parameter, or those rows of it that the
  /// optimizer's shard holds. Collective where there is one.
  /// - Parameter gradientScale: what gradients are multiplied by first, such as a clipping factor.
  /// - Throws: `CollectiveError` if a rank is lost.
  func update(learningRate: Float, gradientScale: Float) throws
}

/// A tensor of an optimizer's state, or the part of it that this rank holds.
public struct OptimizerState {
  public let name: String
  /// Of the whole tensor.
  public let shape: [Int]
  /// Elements of the whole that `tensor` has.
  public let held: Range<Int>
  public let tensor: Tensor

  /// Zeros for some rows of a tensor.
  init(_ name: String, shape: [Int], rows: Range<Int>) {
    let count = shape.reduce(1, *), all = shape.dropLast().reduce(1, *)
    let width = all > 0 ? count / all : 0
    self.name = name
    self.shape = shape
    held = rows.lowerBound * width..<rows.upperBound * width
    tensor = .zeros(held.count == count ? shape : [rows.count, width])
  }

  /// Zeros for some of a list.
  init(_ name: String, elements: Int, held: Range<Int>) {
    (self.name, shape, self.held) = (name, [elements], held)
    tensor = .zeros([held.count])
  }
}
