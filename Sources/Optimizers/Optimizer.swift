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

  public func optimizer(for parameters: ParameterSet) -> any Optimizer {
    switch name {
    case .adafactor: Adafactor(parameters, self)
    case .adamw: AdamW(parameters, self)
    }
  }
}

/// Turns summed gradients into an update of the weights.
public protocol Optimizer: AnyObject {
  /// Updates made so far.
  var updates: Int { get set }
  /// Everything but `updates` that the next update depends on, by name.
  var state: [(name: String, tensor: Tensor)] { get }

  /// `p -= learningRate · (u + weightDecay · p)` for every parameter.
  /// - Parameter gradientScale: what gradients are multiplied by first, such as a clipping factor.
  func update(learningRate: Float, gradientScale: Float)
}

/// Rows of a tensor in at most 64 fixed blocks: sums over weights are made block by block and
/// added in order, so they depend neither on threads nor on ranks.
struct RowBlocks {
  let rows: Int
  var count: Int { min(rows, 64) }
  subscript(block: Int) -> Range<Int> {
    rows * block / count..<rows * (block + 1) / count
  }
}
