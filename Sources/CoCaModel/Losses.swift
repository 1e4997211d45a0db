/// The losses of one step's global batch, the same on every rank.
public struct Losses: Sendable {
  /// A number that a term tells.
  public struct Figure: Sendable {
    public let name: String
    public let unit: String
    public let value: Double
    /// How many things it is a mean of.
    public let count: Int
  }

  public struct Term: Sendable {
    public let name: String
    public let weight: Double
    /// Unweighted.
    public let loss: Figure
    /// What is told besides, such as accuracies.
    public let others: [Figure]
  }

  /// In the objective's order.
  public let terms: [Term]
  /// Texts of the global batch, each beside its image.
  public let pairs: Int

  /// What is minimised.
  public var total: Double { terms.reduce(0) { $0 + $1.weight * $1.loss.value } }

  /// A term's loss; nil where it is not part of the objective.
  public subscript(term: String) -> Figure? { terms.first { $0.name == term }?.loss }

  /// A figure that a term tells besides its loss.
  public func figure(_ name: String, of term: String) -> Figure? {
    terms.first { $0.name == term }?.others.first { $0.name == name }
  }
}
