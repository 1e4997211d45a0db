import Collectives
import Tensors

/// Cross-entropy of matching every image of the global batch to its text and every text to its
/// image, halved: ½ · mean of both directions.
///
/// A rank holds n of N pairs. It sees all embeddings (`EmbeddingBlocks`) and makes the log-sum-exps
/// of its own rows of both similarity matrices tile by tile; those are gathered (4N numbers), and
/// from them every rank has the exact gradient of its own embeddings: no feature gradient travels.
/// - Source: CoCa (arXiv 2205.01917) §3.2 with open_clip's convention of the mean.
/// - Complexity: O(n · N · joint) operations; one tile, and N · joint or two blocks of the ring.
package struct ContrastiveLoss {
  /// One of this rank's shares of the batch.
  package struct Share {
    /// Its part of the loss; all shares' parts add up to it.
    package let loss: Double
    /// Of its pairs, how many rank first in their row.
    package let imageToTextHits: Int
    package let textToImageHits: Int
  }

  /// The global loss's gradient.
  package struct Gradient {
    /// `[n, joint]`: by this rank's embeddings.
    package let images: Tensor
    package let texts: Tensor
    /// Each share's part of that by the logarithm of the scale.
    package let logScale: [Double]
  }

  /// This rank's.
  package let shares: [Share]
  private let blocks: EmbeddingBlocks
  private let imageRows: SimilarityRows
  private let textRows: SimilarityRows
  private var batch: GlobalBatch { blocks.batch }

  /// - Parameters:
  ///   - own: of this rank's pairs.
  ///   - scale: inverse temperature.
  /// - Throws: `CollectiveError` if a rank is lost, as does `gradient`.
  package init(
    _ own: Embeddings, _ batch: GlobalBatch, scale: Float, _ exchange: ContrastiveExchange,
    over ranks: any Communicator, clock: StepClock
  ) throws {
    let blocks = try EmbeddingBlocks(own, batch, exchange, over: ranks, clock)
    let mine = batch.shares(of: batch.rank)
    let images = SimilarityRows(own.images, mine, scale: scale)
    let texts = SimilarityRows(own.texts, mine, scale: scale)
    try blocks.forEach { columns, block in
      clock.measure(.forward) {
        Profile.measure("contrastive loss", bytes: own.bytes + block.bytes) {
          images.add(block.texts, columns)
          texts.add(block.images, columns)
        }
      }
    }
    (self.blocks, imageRows, textRows) = (blocks, images, texts)
    shares = mine.map { share in
      let byImage = images.losses(of: share), byText = texts.losses(of: share)
      return Share(
        loss: (byImage.sum + byText.sum) / Double(max(2 * batch.pairs, 1)),
        imageToTextHits: byImage.hits, textToImageHits: byText.hits)
    }
  }

  package func gradient() throws -> Gradient {
    let all = 0..<batch.pairs, ranks = blocks.ranks, clock = blocks.clock
    let (imageSums, textSums) = try clock.measure(.communicate) {
      (
        try imageRows.sums.map { try batch.gather($0, all, over: ranks) },
        try textRows.sums.map { try batch.gather($0, all, over: ranks) }
      )
    }
    let weight = 1 / Float(max(2 * batch.pairs, 1))
    let images = Tensor.zeros(blocks.own.images.shape), texts = Tensor.zeros(images.shape)
    var slopes = [Double](repeating: 0, count: images.rows)
    try slopes.withUnsafeMutableBufferPointer { slopes in
      try blocks.forEach { columns, block in
        clock.measure(.backward) {
          Profile.measure("contrastive loss, backward", bytes: blocks.own.bytes + block.bytes) {
            imageRows.addGradient(
              block.texts, columns, columnSums: textSums, weight: weight, to: images, slopes)
            textRows.addGradient(
              block.images, columns, columnSums: imageSums, weight: weight, to: texts, slopes)
          }
        }
      }
    }
    let logScale = batch.shares(of: batch.rank).map { slopes[$0.rows].reduce(0, +) }
    return Gradient(images: images, texts: texts, logScale: logScale)
  }
}
