import Tensors

extension Pairs {
  /// The pairs with a prefix for each text, from its start token alone to all ids but the last:
  /// at least one is left to be predicted. Each length is equally likely. It is drawn from the seed
  /// and from the pair's source, epoch and sample, and so does not depend on ranks and batches.
  /// - Precondition: the pairs have identities.
  /// - Source: SimVLM (arXiv 2108.10904), §3.1.
  public func drawingPrefixes(seed: UInt64) -> Pairs {
    guard let identities else { preconditionFailure("prefixes are drawn from identities") }
    var pairs = self
    pairs.prefixes = textRanges.flatMap { range in
      range.map { text in
        let pair = identities[text]
        let random = CounterRandom(
          seed: seed, "prefix", KeyPart(pair.source), KeyPart(pair.epoch), KeyPart(pair.sample))
        let lengths = max(texts[text].count - 1, 1)
        return 1 + random.below(lengths, at: UInt64(text - range.lowerBound))
      }
    }
    return pairs
  }
}
