/// All losses that an objective can have.
public enum LossTerms {
  public static let all: [any LossTerm] = [
    ContrastiveTerm(), CaptionTerm(), ClassificationTerm(),
  ]
}

/// A term with its weight.
public struct WeightedTerm: Sendable {
  public let term: any LossTerm
  public let weight: Double

  public init(_ term: any LossTerm, _ weight: Double) {
    (self.term, self.weight) = (term, weight)
  }
}

/// What a run minimises, by name.
public enum ObjectiveName: String, Sendable, CaseIterable {
  /// Both losses of the paper, with weights 1 and 2.
  case coca
  /// As in CLIP: no multimodal half, no vocabulary projection.
  case contrastive
  /// An encoder and a decoder: no embeddings.
  case caption
  /// As `caption`, but a part of each text is given.
  case prefix
  /// Both losses, each with a pass of its own over the texts.
  case twoPass = "two-pass"
  /// An image encoder alone.
  case classification

  /// Its terms with their default weights and options.
  public var terms: [WeightedTerm] { ObjectiveSettings(self).terms }

  /// How its models read texts.
  public var textPasses: ModelConfiguration.TextPasses { self == .twoPass ? .two : .one }

  public var meaning: String {
    switch self {
    case .coca: "both losses of the paper"
    case .contrastive: "images and texts in one space, as in CLIP; no captioning half"
    case .caption: "captions from images; no embeddings"
    case .prefix: "captions of which a part is given, as in SimVLM"
    case .classification: "classes of images; no texts"
    case .twoPass: "both losses with two passes over each text, as in MaMMUT"
    }
  }
}

extension [WeightedTerm] {
  /// The paper's terms.
  public static var coca: [WeightedTerm] { ObjectiveName.coca.terms }

  /// All terms whose heads the model has, with a weight of 1.
  public static func held(by heads: Set<Head>) -> [WeightedTerm] {
    LossTerms.all.filter { heads.isSuperset(of: $0.heads) }.map { WeightedTerm($0, 1) }
  }

  /// The terms by which held-out pairs are measured, with a weight of 1.
  public static func measuring(
    _ model: ModelConfiguration, heads: Set<Head>
  ) -> [WeightedTerm] {
    held(by: heads).map { WeightedTerm($0.term.measuring(model), $0.weight) }
  }

  /// The terms with other weights; a term of weight 0 is left out.
  public func weighed(_ weights: LossSettings) -> [WeightedTerm] {
    map { WeightedTerm($0.term, weights[$0.term.name] ?? $0.weight) }.filter { $0.weight > 0 }
  }

  /// The heads that a model needs for these terms.
  public var heads: Set<Head> { reduce(into: []) { $0.formUnion($1.term.heads) } }

  public var hasBias: Bool { contains { $0.term.hasBias } }

  public var attentionSets: Set<AttentionSet> {
    reduce(into: .standard) { $0.formUnion($1.term.attentionSets) }
  }
}
