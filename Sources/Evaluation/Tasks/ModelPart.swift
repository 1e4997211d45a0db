import CoCaModel
import Text

/// A part that a task needs and that not every model has.
public enum ModelPart: Hashable, Sendable, CaseIterable {
  /// Without it a model can only read ready ids.
  case tokenizer
  case head(Head)

  public static let embeddings = ModelPart.head(.contrastive)
  public static let captions = ModelPart.head(.caption)

  public static var allCases: [ModelPart] { [.tokenizer] + Head.allCases.map(ModelPart.head) }

  /// Its name in messages and documentation.
  public var title: String {
    switch self {
    case .tokenizer: "tokenizer"
    case .head(let head): "\(head.rawValue) head"
    }
  }

  /// The parts that a model of this configuration has.
  public static func parts(
    of configuration: ModelConfiguration, tokenizer: (any Tokenizer)?
  ) -> Set<ModelPart> {
    Set(configuration.heads.map(ModelPart.head) + (tokenizer == nil ? [] : [.tokenizer]))
  }
}

extension SavedModel {
  public var parts: Set<ModelPart> {
    ModelPart.parts(of: model.configuration, tokenizer: tokenizer)
  }
}

extension Set<ModelPart> {
  /// Refuses a model that lacks one of these.
  /// - Parameters:
  ///   - parts: the parts that the model has.
  ///   - place: names the model in the error.
  ///   - user: names what needs them.
  public func check(
    _ parts: Set<ModelPart>, of place: String, for user: String
  ) throws(ModelError) {
    guard let part = ModelPart.allCases.first(where: { contains($0) && !parts.contains($0) })
    else { return }
    throw ModelError(
      place, .missing("\(part.title); \(user) needs it"),
      remedy: "Use a model that has one, or choose another task")
  }
}
