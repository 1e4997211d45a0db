import Autograd

extension CoCa {
  /// Texts that are read twice with the same weights: first without the image and with ids that see
  /// each other, for the embedding; then as captions.
  /// - Source: MaMMUT (arXiv 2303.16839), §3.2.
  func readTwice(_ pass: Pass, beside images: EncodedImages, on tape: Tape?) -> ReadTexts {
    let first = pass.heads.contains(.contrastive) ? pass.bidirectional : nil
    var second = pass
    second.heads.remove(.contrastive)
    return ReadTexts(
      embedding: first.flatMap { unimodal($0, through: multimodal, on: tape).cls }
        .flatMap { embed($0, textProjection) },
      hidden: second.heads.isEmpty ? nil : readOnce(second, beside: images, on: tape).hidden)
  }
}

extension Pass {
  /// The texts for their embeddings alone; ids see all ids of their text.
  fileprivate var bidirectional: Pass {
    var pass = self
    pass.prefixes = (0..<texts.count).map { texts[$0].count }
    pass.heads = [.contrastive]
    return pass
  }
}
