import RunFile

/// A term of what a step minimises, as a run file weighs it.
public struct LossTerm: Sendable {
  public let name: String
  /// Where the run file gives none.
  public let weight: Double
  public let meaning: String

  /// The one list of them.
  public static let all = [
    LossTerm(
      name: "contrastive", weight: 1, meaning: "weight of the loss between pictures and texts"),
    LossTerm(name: "caption", weight: 2, meaning: "weight of the loss of the texts' next ids"),
  ]
}

/// The weight of every term, as a run file gives it.
public struct LossSettings: Section {
  private var weights: [String: Double]

  public init() {
    weights = Dictionary(uniqueKeysWithValues: LossTerm.all.map { ($0.name, $0.weight) })
  }

  public subscript(term: String) -> Double {
    get { weights[term] ?? 0 }
    set { weights[term] = newValue }
  }

  public static let keys: [Key<Self>] = LossTerm.all.map { term in
    Key(term.name, \.[term.name], .number(0...1e37), term.meaning)
  }

  public func complete(_ mapping: Mapping, after others: [Self]) throws(ConfigurationError) {
    guard let last = LossTerm.all.last, weights.values.allSatisfy({ $0 == 0 }) else { return }
    throw mapping.error(last.name, .conflict("both weights are 0"))
  }
}
