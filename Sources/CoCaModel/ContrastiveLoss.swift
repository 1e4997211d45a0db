import Collectives
import Tensors

/// The cross-entropy of matching every image of the global batch with its text, and every text with
/// its image: ½ · (mean over images + mean over texts).
///
/// An image that several texts match is matched with them in equal parts; targets may be smoothed.
/// The entropy of the targets is subtracted: 0 is the least, and gradients do not change.
///
/// A rank holds n of N images and m of M texts. It sees all embeddings (`EmbeddingBlocks`) and
/// computes, tile by tile, the log-sum-exps of its own rows of both similarity matrices. These are
/// gathered (2N + 2M numbers). From them every rank has the exact gradient of its own embeddings, so
/// that no gradients of embeddings need to be sent.
/// - Source: CoCa (arXiv 2205.01917) §3.2 with open_clip's convention of the mean; UniCL (arXiv
///   2204.03610) for several that match; ALIGN (arXiv 2102.05918) for the smoothing.
/// - Complexity: O((n · M + m · N) · joint) operations; memory of one tile, and of (N + M) · joint
///   floats or two blocks of the ring.
package struct ContrastiveLoss {
  /// This rank's shares.
  package let shares: [ContrastiveShare]
  private let blocks: EmbeddingBlocks
  private let imageRows: SimilarityRows
  private let textRows: SimilarityRows
  private var batch: GlobalBatch { blocks.batch }

  /// - Parameters:
  ///   - own: the embeddings of this rank's pairs.
  ///   - scale: the inverse temperature.
  ///   - smoothing: the part of every target that is spread over all columns.
  /// - Throws: `CollectiveError` if a rank is lost, as does `gradient`.
  package init(
    _ own: Embeddings, _ matches: Matches, _ batch: GlobalBatch, scale: Float,
    smoothing: Double = 0, _ exchange: ContrastiveExchange, over ranks: any Communicator,
    clock: StepClock
  ) throws {
    let blocks = try EmbeddingBlocks(own, batch, exchange, over: ranks, clock)
    let (imageCount, textCount) = (batch.images.count, batch.texts.count)
    let images = SimilarityRows(
      SimilarityTiles(own: own.images, shares: batch.images.own, matches: matches.ofImages),
      scale: scale, .init(part: smoothing, columns: textCount, rows: imageCount))
    let texts = SimilarityRows(
      SimilarityTiles(own: own.texts, shares: batch.texts.own, matches: matches.ofTexts),
      scale: scale, .init(part: smoothing, columns: imageCount, rows: textCount))
    try blocks.forEach { columns, block in
      clock.measure(.forward) {
        Profile.measure("contrastive loss", bytes: own.bytes + block.bytes) {
          images.add(block.texts, columns.texts)
          texts.add(block.images, columns.images)
        }
      }
    }
    (self.blocks, imageRows, textRows) = (blocks, images, texts)
    let imagesPerText = Double(imageCount) / Double(max(textCount, 1))
    shares = zip(batch.images.own, batch.texts.own).map { own in
      let byImage = images.sums(of: own.0), byText = texts.sums(of: own.1)
      func mean(_ sum: KeyPath<SimilarityRows.ShareSums, Double>) -> Double {
        (byImage[keyPath: sum] + imagesPerText * byText[keyPath: sum])
          / Double(max(2 * imageCount, 1))
      }
      return ContrastiveShare(
        loss: mean(\.loss), chance: mean(\.chance), imageToTextHits: byImage.hits,
        textToImageHits: byText.hits)
    }
  }

  package func gradient() throws -> ContrastiveGradient {
    let batch = batch, ranks = blocks.ranks, clock = blocks.clock
    let (imageSums, textSums) = try clock.measure(.communicate) {
      (
        try imageRows.sums.map { try batch.images.gather($0, 0..<batch.images.count, over: ranks) },
        try textRows.sums.map { try batch.texts.gather($0, 0..<batch.texts.count, over: ranks) }
      )
    }
    let byImage = 1 / Float(max(2 * batch.images.count, 1))
    let byText = 1 / Float(max(2 * batch.texts.count, 1))
    let images = Tensor.zeros(blocks.own.images.shape), texts = Tensor.zeros(blocks.own.texts.shape)
    var imageSlopes = [Double](repeating: 0, count: images.rows)
    var textSlopes = [Double](repeating: 0, count: texts.rows)
    try imageSlopes.withUnsafeMutableBufferPointer { imageSlopes in
      try textSlopes.withUnsafeMutableBufferPointer { textSlopes in
        try blocks.forEach { columns, block in
          clock.measure(.backward) {
            Profile.measure("contrastive loss, backward", bytes: blocks.own.bytes + block.bytes) {
              imageRows.addGradient(
                block.texts, columns.texts, columnSums: textSums,
                .init(row: byImage, column: byText), to: images, imageSlopes)
              textRows.addGradient(
                block.images, columns.images, columnSums: imageSums,
                .init(row: byText, column: byImage), to: texts, textSlopes)
            }
          }
        }
      }
    }
    let logScale = zip(batch.images.own, batch.texts.own).map { own in
      Self.sum(imageSlopes[own.0.rows], textSlopes[own.1.rows])
    }
    return ContrastiveGradient(images: images, texts: texts, logScale: logScale, bias: nil)
  }

  /// The sum of the slopes row by row, each image's beside its text's.
  private static func sum(_ images: ArraySlice<Double>, _ texts: ArraySlice<Double>) -> Double {
    let images = Array(images), texts = Array(texts)
    return (0..<max(images.count, texts.count)).reduce(0) { sum, row in
      let image = row < images.count ? images[row] : 0
      return sum + (image + (row < texts.count ? texts[row] : 0))
    }
  }
}
