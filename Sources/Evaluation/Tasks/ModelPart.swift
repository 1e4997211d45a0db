import CoCaModel
import Text

/// What a task needs of a model, and not every model has.
public enum ModelPart: CaseIterable, Sendable {
  /// Without it a model reads ready ids only.
  case tokenizer
  /// Pictures and texts in the joint space.
  case embeddings
  case captions

  /// Its name in messages and documentation.
  public var title: String {
    switch self {
    case .tokenizer: "tokenizer"
    case .embeddings: "contrastive half"
    case .captions: "captioning half"
    }
  }

  /// What a model of this configuration has: today always both halves.
  public static func parts(
    of configuration: ModelConfiguration, tokenizer: (any Tokenizer)?
  ) -> Set<ModelPart> {
    let halves: Set<ModelPart> = [.embeddings, .captions]
    return tokenizer == nil ? halves : halves.union([.tokenizer])
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
  ///   - parts: what the model has.
  ///   - place: the model, for the error.
  ///   - user: what needs them.
  public func check(
    _ parts: Set<ModelPart>, of place: String, for user: String
  ) throws(ModelError) {
    guard let part = ModelPart.allCases.first(where: { contains($0) && !parts.contains($0) })
    else { return }
    throw ModelError(
      place, .missing("\(part.title); \(user) needs it"),
      remedy: "Use a model that has one, or ask for something else")
  }
}
