import Collectives
import Tensors

/// The cross-entropy of matching every image of the global batch with its text, and every text with
/// its image: ½ · (mean over images + mean over texts).
///
/// An image with several texts is matched with them in equal parts. A rank holds n of N images and
/// m of M texts. It sees all embeddings (`EmbeddingBlocks`) and computes, tile by tile, the
/// log-sum-exps of its own rows of both similarity matrices. These are gathered (2N + 2M numbers).
/// From them every rank has the exact gradient of its own embeddings, so that no gradients of
/// embeddings need to be sent.
/// - Source: CoCa (arXiv 2205.01917) §3.2 with open_clip's convention of the mean.
/// - Complexity: O((n · M + m · N) · joint) operations; memory of one tile, and of (N + M) · joint
///   floats or two blocks of the ring.
package struct ContrastiveLoss {
  /// One of this rank's shares of the batch.
  package struct Share {
    /// Its part of the loss; the parts of all shares add up to the loss.
    package let loss: Double
    /// How many of its images have one of their texts as the nearest.
    package let imageToTextHits: Int
    package let textToImageHits: Int
  }

  /// The gradient of the global loss.
  package struct Gradient {
    /// With respect to this rank's embeddings: `[n, joint]`, `[m, joint]`.
    package let images: Tensor
    package let texts: Tensor
    /// With respect to the logarithm of the scale, each share's part.
    package let logScale: [Double]
  }

  /// This rank's shares.
  package let shares: [Share]
  private let blocks: EmbeddingBlocks
  private let imageRows: SimilarityRows
  private let textRows: SimilarityRows
  private var batch: GlobalBatch { blocks.batch }

  /// - Parameters:
  ///   - own: the embeddings of this rank's pairs.
  ///   - owners: the image of each of this rank's texts.
  ///   - scale: the inverse temperature.
  /// - Throws: `CollectiveError` if a rank is lost, as does `gradient`.
  package init(
    _ own: Embeddings, owners: [Int], _ batch: GlobalBatch, scale: Float,
    _ exchange: ContrastiveExchange, over ranks: any Communicator, clock: StepClock
  ) throws {
    let blocks = try EmbeddingBlocks(own, batch, exchange, over: ranks, clock)
    let partners = Partners(owners, batch)
    let images = SimilarityRows(own.images, batch.images.own, partners.ofImages, scale: scale)
    let texts = SimilarityRows(own.texts, batch.texts.own, partners.ofTexts, scale: scale)
    try blocks.forEach { columns, block in
      clock.measure(.forward) {
        Profile.measure("contrastive loss", bytes: own.bytes + block.bytes) {
          images.add(block.texts, columns.texts)
          texts.add(block.images, columns.images)
        }
      }
    }
    (self.blocks, imageRows, textRows) = (blocks, images, texts)
    let imagesPerText = Double(batch.images.count) / Double(max(batch.texts.count, 1))
    shares = zip(batch.images.own, batch.texts.own).map { own in
      let byImage = images.losses(of: own.0), byText = texts.losses(of: own.1)
      return Share(
        loss: (byImage.sum + imagesPerText * byText.sum) / Double(max(2 * batch.images.count, 1)),
        imageToTextHits: byImage.hits, textToImageHits: byText.hits)
    }
  }

  package func gradient() throws -> Gradient {
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
    return Gradient(images: images, texts: texts, logScale: logScale)
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

/// Which of the batch's columns match a rank's rows.
private struct Partners {
  let ofImages: [SimilarityRows.Partners]
  let ofTexts: [SimilarityRows.Partners]

  init(_ owners: [Int], _ batch: GlobalBatch) {
    let counts = owners.reduce(into: [Int](repeating: 0, count: batch.images.ownCount)) {
      $0[$1] += 1
    }
    var ofImages: [SimilarityRows.Partners] = [], ofTexts: [SimilarityRows.Partners] = []
    for (images, texts) in zip(batch.images.own, batch.texts.own) {
      var column = texts.first
      for image in images.rows {
        ofImages.append(.init(columns: column..<column + counts[image], rows: 1))
        column += counts[image]
        let own = images.column(of: image)
        ofTexts += repeatElement(
          .init(columns: own..<own + 1, rows: counts[image]), count: counts[image])
      }
    }
    (self.ofImages, self.ofTexts) = (ofImages, ofTexts)
  }
}
