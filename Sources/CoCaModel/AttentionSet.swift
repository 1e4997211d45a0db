/// A set of self-attention weights that every layer of the text decoder has, in both halves. Sets
/// share all else: embeddings, layer norms, cross-attention, feed-forward layers. They do not say
/// what an id sees: the pass does.
/// - Source: BLIP (arXiv 2201.12086), §3.1.
public enum AttentionSet: String, Codable, Sendable, CaseIterable {
  /// Every model has it, and captions are generated with it.
  case causal
  /// For passes whose ids see each other.
  case bidirectional
}

extension Set<AttentionSet> {
  /// Those of a CoCa.
  public static var standard: Self { [.causal] }
}

extension Set where Element: CaseIterable & RawRepresentable<String> {
  /// "contrastive and caption", for messages.
  package var names: String {
    Element.allCases.filter(contains).map(\.rawValue).joined(separator: " and ")
  }
}
