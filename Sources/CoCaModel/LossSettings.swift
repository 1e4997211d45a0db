import RunFile

/// The weights of the losses, as a run file gives them.
public struct LossSettings: Section {
  private var weights: [String: Double] = [:]

  public init() {}

  /// A loss's weight by its name; nil where none is given and the objective has no such loss.
  public subscript(term: String) -> Double? {
    get { weights[term] }
    set { weights[term] = newValue }
  }

  public static let keys: [Key<Self>] = LossTerms.all.map { term in
    Key(
      term.name, \.[term.name], .orAbsent(.number(0...1e37)), default: standard(of: term),
      follows: "objective",
      "\(term.meaning); in \(term.unit)")
  }

  private static func standard(of term: any LossTerm) -> String {
    ObjectiveName.allCases.compactMap { objective in
      objective.terms.first { $0.term.name == term.name }.map {
        "\(Int($0.weight)) with `\(objective.rawValue)`"
      }
    }.joined(separator: ", ")
  }

  /// Gives every loss of the objective without a weight its default.
  /// - Parameter mapping: of the run file, for errors.
  public mutating func complete(
    for objective: ObjectiveName, _ mapping: Mapping
  ) throws(ConfigurationError) {
    for (name, weight) in weights where !objective.terms.contains(where: { $0.term.name == name }) {
      guard weight == 0 else {
        throw Self.error(
          name, in: mapping, "objective: \(objective.rawValue) has no such loss to weigh")
      }
      weights[name] = nil
    }
    for own in objective.terms where weights[own.term.name] == nil {
      weights[own.term.name] = own.weight
    }
    guard objective.terms.weighed(self).isEmpty, let last = objective.terms.last else { return }
    throw Self.error(last.term.name, in: mapping, "all weights are 0")
  }

  /// At the weight's place where it is given.
  private static func error(
    _ name: String, in mapping: Mapping, _ what: String
  ) -> ConfigurationError {
    guard let loss = mapping["loss"], case .map(let members) = loss.node.value,
      let member = members.first(where: { $0.key == name })
    else { return mapping.error("loss", .conflict(what)) }
    return loss.part(name, member.node).error(.conflict(what))
  }
}
