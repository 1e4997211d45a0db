import CaptionScores
import Collectives
import Foundation
import Records
import Tensors

/// How good a model's captions are: beside references, and by its own embeddings.
public struct ModelCaptionScores: Sendable {
  /// Nil unless every picture has a reference.
  public let references: CaptionScores?
  /// Nil for a model without embeddings.
  public let clip: CLIPScores?

  /// A row for each score.
  public var text: String {
    TextTable(named.map { ($0, [String(format: "%.4f", $1)]) }).text
  }

  private var named: [(String, Double)] {
    (references?.set.named ?? []) + (clip.map { [("CLIPScore", $0.clip)] } ?? [])
      + (clip?.reference.map { [("RefCLIPScore", $0)] } ?? [])
  }
}

extension ModelCaptionScores: Encodable {
  /// The names of `coca-eval score-captions`, `CLIPScore` and `RefCLIPScore`.
  public func encode(to encoder: any Encoder) throws {
    try references?.encode(to: encoder)
    var container = encoder.container(keyedBy: NamedKey.self)
    try container.encodeIfPresent(clip?.clip, forKey: "CLIPScore")
    try container.encodeIfPresent(clip?.reference, forKey: "RefCLIPScore")
  }
}

extension Evaluator {
  /// Scores captions, one a picture. Collective.
  ///
  /// - Parameter pictures: embeds the pictures and tells their keys; called where the model has
  ///   embeddings. Every caption's key is among them.
  public func scores(
    of captions: [JudgedCaption], pictures: () throws -> any NamedEmbeddings
  ) throws -> ModelCaptionScores {
    let hasReferences = !captions.isEmpty && captions.allSatisfy { !$0.references.isEmpty }
    let scores = try together(ranks) { hasReferences ? try CaptionScores(captions) : nil }
    guard saved.parts.contains(.embeddings) else {
      return ModelCaptionScores(references: scores, clip: nil)
    }
    let embedded = try pictures()
    let rows = Dictionary(zip(embedded.keys, 0...)) { first, _ in first }
    let images = embedded.images.selecting(captions.map { rows[$0.key] ?? 0 })
    let candidates = try embeddings(
      files: [], texts: captions.map { CLIPScores.prefix + $0.candidate })
    let references = try embeddings(
      files: [], texts: captions.flatMap(\.references).map { CLIPScores.prefix + $0 })
    return ModelCaptionScores(
      references: scores,
      clip: CLIPScores(
        pictures: images, candidates: candidates.texts, references: references.texts,
        counts: captions.map(\.references.count)))
  }
}
