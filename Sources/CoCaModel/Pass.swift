import Text

/// Texts that run through the decoder together, each beside one of a part's images.
public struct Pass: Sendable, Equatable {
  /// A text's first id is its start token.
  public var texts: PackedCaptions
  /// The row of each text's image among the part's.
  public var images: [Int]
  /// Of each text: how many ids at its front all of its ids see. Key j is seen by query i if and
  /// only if j ≤ i or j < prefix. Nil: every id sees itself and those before it.
  public var prefixes: [Int]?
  /// The weights that read it.
  public var attention = AttentionSet.causal
  /// What is asked of it.
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
    self.init(pairs.texts, images: pairs.owners, for: heads)
  }

  /// The same texts with another start token.
  public func starting(with id: Int32) -> Pass {
    var pass = self
    pass.texts = PackedCaptions((0..<texts.count).map { [id] + texts[$0].dropFirst() })
    return pass
  }

  /// Whether the texts attend to their images: the multimodal half runs.
  var crosses: Bool { heads.contains(where: \.crosses) }

  /// Whether both run the same rows: one pass can then serve both.
  func runs(as other: Pass) -> Bool {
    texts == other.texts && images == other.images && prefixes == other.prefixes
      && attention == other.attention
  }
}

extension [Pass] {
  /// The passes with those that run the same rows made one.
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
