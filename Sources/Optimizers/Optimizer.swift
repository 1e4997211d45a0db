import Autograd
import Tensors

/// Updates the weights from the summed gradients.
public protocol Optimizer: AnyObject, SendableMetatype {
  /// Its name in run files.
  static var name: String { get }
  /// The value of `optimizer.epsilon` where a run file gives none; it keeps divisions finite.
  static var defaultEpsilon: Double { get }
  /// Bytes of state for each weight; factored moments are too small to count.
  static var stateBytes: Double { get }

  /// - Parameter shard: the rows that this rank updates; nil: all.
  init(_ parameters: ParameterSet, _ settings: OptimizerSettings, shard: Shard?)

  /// Updates made so far.
  var updates: Int { get set }
  /// Everything, besides `updates`, that the next update depends on.
  var state: [OptimizerState] { get }

  /// `p -= learningRate · (u + weightDecay · p)` for every parameter, or for those of its rows that
  /// the optimizer's shard has. Collective where there is a shard.
  /// - Parameter gradientScale: a factor for the gradients, such as that of clipping.
  /// - Throws: `CollectiveError` if a rank is lost.
  func update(learningRate: Float, gradientScale: Float) throws
}

/// A tensor of an optimizer's state, or the part of it that this rank holds.
public struct OptimizerState {
  public let name: String
  /// The shape of the whole tensor.
  public let shape: [Int]
  /// The elements of the whole tensor that `tensor` has.
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

  /// Zeros for some elements of a list.
  init(_ name: String, elements: Int, held: Range<Int>) {
    (self.name, shape, self.held) = (name, [elements], held)
    tensor = .zeros([held.count])
  }
}
