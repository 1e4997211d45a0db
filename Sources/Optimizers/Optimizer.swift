import Autograd
import Tensors

/// What a run file says of the update.
public struct OptimizerSettings: Sendable, Equatable {
  public enum Name: String, Sendable, CaseIterable, Codable { case adafactor, adamw }

  /// Which weights shrink towards zero.
  public enum DecayRule: String, Sendable, CaseIterable, Codable {
    /// Linear, patch and vocabulary weights.
    case matrices
    /// open_clip 3.3.0's: everything with two dimensions, embeddings and positions too.
    case openclip

    public func applies(to parameter: Parameter) -> Bool {
      switch self {
      case .matrices: parameter.kind == .matrix
      case .openclip: parameter.shape.count >= 2
      }
    }
  }

  public var name = Name.adafactor
  public var beta1: Float = 0.9
  public var beta2: Double = 0.999
  public var epsilon: Float = 1e-30
  public var weightDecay: Float = 0.01
  public var decay = DecayRule.matrices

  public init() {}

  /// - Parameter shard: the rows that this rank updates; nil: all.
  public func optimizer(for parameters: ParameterSet, shard: Shard? = nil) -> any Optimizer {
    switch name {
    case .adafactor: Adafactor(parameters, self, shard: shard)
    case .adamw: AdamW(parameters, self, shard: shard)
    }
  }
}

/// Turns summed gradients into an update of the weights.
public protocol Optimizer: AnyObject {
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
