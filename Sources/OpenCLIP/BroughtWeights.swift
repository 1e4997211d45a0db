import CoCaModel

/// What a source of weights brings to a model, and what it does not.
public struct BroughtWeights: Sendable, Equatable, Encodable {
  /// A table of positions that is made from one of another size.
  public struct Resampled: Sendable, Equatable, Encodable {
    public let name: String
    /// Places from top to bottom and from left to right; of a text, its places alone.
    public let from: [Int]
    public let to: [Int]
  }

  /// How many of the model's tensors are read.
  public let loaded: Int
  /// The model's tensors that the source lacks: they start at random.
  public let missing: [String]
  /// The source's tensors that the model does not have.
  public let leftOver: [String]
  public let resampled: [Resampled]

  /// - Parameters:
  ///   - model: the model's tensors, in its order.
  ///   - covered: those of them that the source has.
  ///   - leftOver: what else the source has, by the names that it uses.
  public init(
    to model: [String], covered: Set<String>, leftOver: [String], resampled: [Resampled]
  ) {
    missing = model.filter { !covered.contains($0) }
    loaded = model.count - missing.count
    self.leftOver = leftOver
    self.resampled = resampled
  }

  private enum CodingKeys: String, CodingKey {
    case loaded, missing, resampled
    case leftOver = "left_over"
  }
}
