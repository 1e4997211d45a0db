import Tensors

/// How well captions fit their pictures, by a model's own embeddings: CLIPScore, and RefCLIPScore,
/// which looks at references too (Hessel et al. 2021). Figures of two models do not compare.
public struct CLIPScores: Sendable, Equatable {
  /// One image's scores.
  public struct Image: Sendable, Equatable {
    /// 2.5 times the cosine of picture and caption, 0 at least.
    public var clip: Double
    /// The harmonic mean of `clip` and the largest cosine of caption and reference; nil without
    /// references, 0 where both are 0.
    public var reference: Double?
  }

  /// What stands before every caption and reference that is embedded for these scores.
  public static let prefix = "A photo depicts "
  private static let weight = 2.5

  public let images: [Image]
  /// The means over images.
  public let clip: Double
  /// Nil unless every image has a reference.
  public let reference: Double?

  /// - Parameters:
  ///   - pictures: `[N, joint]`, rows of length 1.
  ///   - candidates: `[N, joint]`, likewise: the captions with `prefix`.
  ///   - references: `[M, joint]`, likewise, those of one image after the other's.
  ///   - counts: how many references each image has.
  public init(pictures: Tensor, candidates: Tensor, references: Tensor, counts: [Int]) {
    precondition(pictures.rows == candidates.rows && counts.count == pictures.rows)
    precondition(counts.reduce(0, +) == references.rows)
    var next = 0
    images = counts.indices.map { image in
      let own = next..<next + counts[image]
      next = own.upperBound
      let clip = Self.weight * max(0, Self.cosine(pictures, image, candidates, image))
      let best = own.map { Self.cosine(candidates, image, references, $0) }.max()
      return Image(clip: clip, reference: best.map { Self.harmonicMean(clip, $0) })
    }
    let count = Double(max(1, images.count)), found = images.compactMap(\.reference)
    clip = images.reduce(0) { $0 + $1.clip } / count
    reference = found.count == images.count ? found.reduce(0, +) / count : nil
  }

  private static func cosine(_ a: Tensor, _ row: Int, _ b: Tensor, _ other: Int) -> Double {
    kernels.dot(a.pointer + row * a.width, b.pointer + other * b.width, a.width)
  }

  private static func harmonicMean(_ a: Double, _ b: Double) -> Double {
    a + b == 0 ? 0 : 2 * a * b / (a + b)
  }
}
