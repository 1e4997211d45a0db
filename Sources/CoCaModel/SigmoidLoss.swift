import Collectives
import Foundation
import Tensors

/// The sigmoid loss: each pair of an image and a text of the global batch is a question of its own,
/// −log σ(±(scale · similarity + bias)), with + where they match. The sum over all pairs is divided
/// by the number of texts, not of pairs.
///
/// A rank computes its own rows of both similarity matrices, tile by tile, in one round over the
/// embeddings; nothing more needs to be gathered.
/// - Source: SigLIP (arXiv 2303.15343), Algorithm 1.
/// - Complexity: O((n · M + m · N) · joint) operations; memory of one tile, and of (N + M) · joint
///   floats or two blocks of the ring.
package struct SigmoidLoss {
  /// This rank's shares.
  package let shares: [ContrastiveShare]
  package let gradient: ContrastiveGradient

  /// - Parameters:
  ///   - own: the embeddings of this rank's pairs.
  ///   - scale: the inverse temperature.
  /// - Throws: `CollectiveError` if a rank is lost.
  package init(
    _ own: Embeddings, _ matches: Matches, _ batch: GlobalBatch, scale: Float, bias: Float,
    _ exchange: ContrastiveExchange, over ranks: any Communicator, clock: StepClock
  ) throws {
    let blocks = try EmbeddingBlocks(own, batch, exchange, over: ranks, clock)
    func rows(
      _ own: Tensor, _ shares: [GlobalRows.Share], _ matches: [Matches.Row]
    ) -> SigmoidRows {
      SigmoidRows(
        SimilarityTiles(own: own, shares: shares, matches: matches), scale: scale, bias: bias,
        weight: 1 / Float(max(batch.texts.count, 1)))
    }
    let images = rows(own.images, batch.images.own, matches.ofImages)
    let texts = rows(own.texts, batch.texts.own, matches.ofTexts)
    try blocks.forEach { columns, block in
      clock.measure(.backward) {
        Profile.measure("sigmoid loss", bytes: own.bytes + block.bytes) {
          images.add(block.texts, columns.texts)
          texts.add(block.images, columns.images)
        }
      }
    }
    shares = zip(batch.images.own, batch.texts.own).map { own in
      ContrastiveShare(
        loss: images.losses[own.0.rows].reduce(0, +),
        chance: images.chance(of: own.0, columns: batch.texts.count),
        imageToTextHits: images.hits(of: own.0), textToImageHits: texts.hits(of: own.1))
    }
    gradient = ContrastiveGradient(
      images: images.gradient, texts: texts.gradient,
      logScale: batch.images.own.map { images.scaleSlopes[$0.rows].reduce(0, +) },
      bias: batch.images.own.map { images.biasSlopes[$0.rows].reduce(0, +) })
  }
}

/// This rank's rows of one direction's similarity matrix, every element a question of its own.
private final class SigmoidRows {
  /// With respect to the own rows, `[n, joint]`: of all pairs of the row.
  let gradient: Tensor
  /// Each row's sum over its pairs, and that sum's slopes with respect to log scale and bias.
  private(set) var losses: [Double]
  private(set) var scaleSlopes: [Double]
  private(set) var biasSlopes: [Double]
  private let tiles: SimilarityTiles
  private let scale: Float
  private let bias: Float
  private let weight: Float
  /// The maximum of each row's products: of those that do not match, and of those that match.
  private let others: Tensor
  private let best: Tensor
  /// In place of a product that matches: `sigmoid_gradient` adds nothing for it.
  private static let none: Float = -1e30

  init(_ tiles: SimilarityTiles, scale: Float, bias: Float, weight: Float) {
    (self.tiles, self.scale, self.bias, self.weight) = (tiles, scale, bias, weight)
    let rows = tiles.own.rows
    gradient = .zeros(tiles.own.shape)
    losses = Array(repeating: 0, count: rows)
    (scaleSlopes, biasSlopes) = (losses, losses)
    (others, best) = (Tensor([rows, 1]), Tensor([rows, 1]))
    others.fill(-.infinity)
    best.fill(-.infinity)
  }

  /// Adds the pairs of the own rows with a block of columns.
  func add(_ block: Tensor, _ columns: Range<Int>) {
    tiles.forEach(block, columns) { tile in
      var matching: [Float] = []
      tiles.forEachMatch(in: tile) { row, _, product in
        matching.append(product.pointee)
        best.pointer[row] = max(best.pointer[row], product.pointee)
        product.pointee = Self.none
      }
      addOthers(tile)
      var next = 0
      tiles.forEachMatch(in: tile) { row, _, product in
        product.pointee = addMatch(row, matching[next])
        next += 1
      }
      GEMM.multiply(
        tile.products, Matrix(tile.others), into: Matrix(gradient.rows(tile.rows)), keep: 1,
        .float32)
    }
  }

  private func addOthers(_ tile: SimilarityTiles.Tile) {
    losses.withUnsafeMutableBufferPointer { losses in
      scaleSlopes.withUnsafeMutableBufferPointer { scaleSlopes in
        biasSlopes.withUnsafeMutableBufferPointer { biasSlopes in
          guard let loss = losses.baseAddress, let scaleSlope = scaleSlopes.baseAddress,
            let biasSlope = biasSlopes.baseAddress
          else { return }
          nonisolated(unsafe) let sums = (loss: loss, scale: scaleSlope, bias: biasSlope)
          Threads.split(tile.rows.count, grain: 8) { part in
            let row = tile.rows.lowerBound + part.lowerBound, lines = tile.products.rows(part)
            kernels.sigmoid_gradient(
              lines.pointer, lines.stride, part.count, lines.columns, scale, bias, weight,
              others.pointer + row, sums.loss + row, sums.scale + row, sums.bias + row)
          }
        }
      }
    }
  }

  /// Adds a pair that matches.
  /// - Returns: the slope of the loss with respect to the product.
  private func addMatch(_ row: Int, _ product: Float) -> Float {
    let logit = Double(scale) * Double(product) + Double(bias), weight = Double(weight)
    let slope = -weight / (1 + exp(logit))
    losses[row] += weight * (log1p(exp(-abs(logit))) + max(-logit, 0))
    scaleSlopes[row] += slope * Double(scale) * Double(product)
    biasSlopes[row] += slope
    return Float(slope * Double(scale))
  }

  /// How many of a share's rows have a match whose product no other exceeds.
  func hits(of share: GlobalRows.Share) -> Int {
    share.rows.count { best.pointer[$0] >= others.pointer[$0] }
  }

  /// A share's part of the loss where all similarities are equal and the bias fits each row.
  func chance(of share: GlobalRows.Share, columns: Int) -> Double {
    share.rows.reduce(0) { sum, row in
      let matching = Double(tiles.matches[row].columns.count), all = Double(columns)
      guard matching < all else { return sum }
      return sum
        - (matching * log(matching / all) + (all - matching) * log(1 - matching / all))
        * Double(weight)
    }
  }
}
