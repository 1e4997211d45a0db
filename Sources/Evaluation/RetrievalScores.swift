import Collectives
import Tensors

/// How often a right answer is among the nearest one, five and ten.
public struct Recall: Codable, Sendable, Equatable {
  /// A right answer counts as the last of its equals.
  public var r1: Double
  public var r5: Double
  public var r10: Double
  /// The fraction of queries for which wrong answers are exactly as near as the right one.
  public var tied: Double
  /// What the figures would be if equals came in any order.
  public var r1Shared: Double
  public var r5Shared: Double
  public var r10Shared: Double

  private static let limits = [1, 5, 10]

  enum CodingKeys: String, CodingKey {
    case r1, r5, r10, tied
    case r1Shared = "r1_shared"
    case r5Shared = "r5_shared"
    case r10Shared = "r10_shared"
  }

  /// Fractions over all ranks' queries. Collective.
  /// - Parameter places: of this rank's queries.
  public init(
    places: [Ranking.Place], over ranks: any Communicator
  ) throws(CollectiveError) {
    var sums = Self.limits.map { limit in Double(places.count { $0.last < limit }) }
    sums += Self.limits.map { limit in places.reduce(0) { $0 + $1.chance(of: limit) } }
    sums += [Double(places.count { $0.tied > 0 }), Double(places.count)]
    try ranks.allReduceSum(&sums)
    let fractions = sums.map { $0 / max(sums[7], 1) }
    (r1, r5, r10) = (fractions[0], fractions[1], fractions[2])
    (r1Shared, r5Shared, r10Shared) = (fractions[3], fractions[4], fractions[5])
    tied = fractions[6]
  }
}

/// Retrieval of texts by pictures, where each of a picture's texts is right, and of pictures by
/// texts.
public struct RetrievalScores: Codable, Sendable, Equatable {
  public var images: Int
  public var texts: Int
  public var imageToText: Recall
  public var textToImage: Recall

  package init(images: Int, texts: Int, imageToText: Recall, textToImage: Recall) {
    (self.images, self.texts) = (images, texts)
    (self.imageToText, self.textToImage) = (imageToText, textToImage)
  }

  enum CodingKeys: String, CodingKey {
    case images, texts
    case imageToText = "image_to_text"
    case textToImage = "text_to_image"
  }
}

extension RetrievalScores {
  /// Scores of embeddings that every rank holds; each rank ranks a part of the queries. Collective.
  /// - Precondition: every picture has a text.
  public init(_ embedded: SetEmbeddings, over ranks: any Communicator) throws(CollectiveError) {
    let images = embedded.images, texts = embedded.texts
    let own = embedded.textRanges
    let myImages = ranks.share(of: images.shape[0]), myTexts = ranks.share(of: texts.shape[0])
    self.init(
      images: images.shape[0], texts: texts.shape[0],
      imageToText: try Recall(
        places: Ranking.places(
          of: images.rows(myImages), among: texts, right: Array(own[myImages])),
        over: ranks),
      textToImage: try Recall(
        places: Ranking.places(
          of: texts.rows(myTexts), among: images,
          right: embedded.textImage[myTexts].map { $0..<$0 + 1 }),
        over: ranks))
  }
}
