import Text

/// Texts that go through the decoder together, each beside one of a part's images.
public struct Pass: Sendable, Equatable {
  /// A text's first id is its start token.
  public var texts: PackedCaptions
  /// For each text the row of its image in the part.
  public var images: [Int]
  /// For each text, how many of its first ids all its ids see: query i sees key j if and only if
  /// j ≤ i or j < prefix. Nil: every id sees itself and those before it.
  public var prefixes: [Int]?
  /// The set of self-attention weights that reads it.
  public var attention = AttentionSet.causal
  /// The outputs that are needed.
  public var heads: Set<Head>

  public init(
    _ texts: PackedCaptions, images: [Int], prefixes: [Int]? = nil, for heads: Set<Head>
  ) {
    precondition(images.count == texts.count, "an image for every text")
    precondition(prefixes == nil || prefixes?.count == texts.count, "a prefix for every text")
    (self.texts, self.images, self.prefixes, self.heads) = (texts, images, prefixes, heads)
  }

  /// A part's own texts, each beside its own image.
  public init(_ pairs: Pairs, for heads: Set<Head>) {
    self.init(pairs.texts, images: pairs.owners, prefixes: pairs.prefixes, for: heads)
  }

  /// The same texts with another start token.
  public func starting(with id: Int32) -> Pass {
    var pass = self
    pass.texts = PackedCaptions((0..<texts.count).map { [id] + texts[$0].dropFirst() })
    return pass
  }

  /// The next id of every id but each text's last; -1 where it is not to be predicted: in the
  /// prefix, and where it is padding.
  func targets(_ padding: Int32?) -> [Int32] {
    (0..<texts.count).flatMap { text in
      zip(texts[text].indices, texts[text]).dropFirst().map { index, id in
        let isGiven = index - texts[text].startIndex < prefixes?[text] ?? 0
        return isGiven || id == padding ? -1 : id
      }
    }
  }

  /// Whether the texts attend to their images, so that the multimodal half is needed.
  var crosses: Bool { heads.cross }

  /// Whether both have the same rows: then one pass can serve both.
  func runs(as other: Pass) -> Bool {
    texts == other.texts && images == other.images && prefixes == other.prefixes
      && attention == other.attention
  }
}

extension [Pass] {
  /// The passes, with those that have the same rows merged into one.
  package func merged() -> [Pass] {
    reduce(into: []) { merged, pass in
      if let same = merged.firstIndex(where: pass.runs) {
        merged[same].heads.formUnion(pass.heads)
      } else {
        merged.append(pass)
      }
    }
  }
}
