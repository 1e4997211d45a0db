/// The losses of one step's global batch, the same on every rank.
public struct Losses: Sendable {
  /// A number that a term reports.
  public struct Figure: Sendable {
    public let name: String
    public let unit: String
    public let value: Double
    /// How many things it is the mean of.
    public let count: Int
  }

  public struct Term: Sendable {
    public let name: String
    public let weight: Double
    /// The loss before it is weighted.
    public let loss: Figure
    /// The other figures, such as accuracies.
    public let others: [Figure]
  }

  /// In the order of the objective.
  public let terms: [Term]
  /// Texts of the global batch, each beside its image.
  public let pairs: Int

  /// The weighted sum that is minimised.
  public var total: Double { terms.reduce(0) { $0 + $1.weight * $1.loss.value } }

  /// A term's loss; nil where it is not part of the objective.
  public subscript(term: String) -> Figure? { terms.first { $0.name == term }?.loss }

  /// A figure that a term reports besides its loss.
  public func figure(_ name: String, of term: String) -> Figure? {
    terms.first { $0.name == term }?.others.first { $0.name == name }
  }
}
