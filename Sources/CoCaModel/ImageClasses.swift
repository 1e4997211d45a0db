import Foundation

/// The classes that a model tells images apart by.
public struct ImageClasses: Codable, Sendable, Equatable {
  /// What of a sample names its classes.
  public enum Labels: String, Codable, Sendable, CaseIterable {
    /// Its one class, `KEY.cls`.
    case cls
    /// Those of its labels that are names of classes.
    case labels
  }

  public enum Loss: String, Codable, Sendable, CaseIterable {
    /// An image has one class: cross-entropy over all classes.
    case softmax
    /// An image has any number of classes: each is told from its absence.
    case sigmoid
  }

  /// For each class its name and synonyms.
  public let names: [[String]]
  public let labels: Labels
  public let loss: Loss

  public init(names: [[String]], labels: Labels, loss: Loss) {
    (self.names, self.labels, self.loss) = (names, labels, loss)
  }

  public var count: Int { names.count }

  /// The start value of the head's bias. With `sigmoid` a class then has the chance of one of all,
  /// so that the first loss is not that of a half for every class.
  var bias: Float { loss == .sigmoid ? -log(Float(max(count - 1, 1))) : 0 }
}
