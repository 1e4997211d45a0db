import Tensors

/// What one of a rank's shares of the batch adds to the contrastive loss.
package struct ContrastiveShare {
  /// Its part of the loss; the parts of all shares add up to the loss.
  package var loss = 0.0
  /// The same where all similarities are equal and nothing is told apart.
  package var chance = 0.0
  /// How many of its images have a text that matches them as the nearest.
  package var imageToTextHits = 0
  package var textToImageHits = 0
}

/// The gradient of the contrastive loss of the global batch.
package struct ContrastiveGradient {
  /// With respect to this rank's embeddings: `[n, joint]`, `[m, joint]`.
  package let images: Tensor
  package let texts: Tensor
  /// With respect to the logarithm of the scale, each share's part.
  package let logScale: [Double]
  /// With respect to the bias, each share's part; nil for a loss without one.
  package let bias: [Double]?
}
