import Collectives
import Tensors

/// How often a right answer is among the nearest one, five and ten.
public struct Recall: Codable, Sendable, Equatable {
  public var r1: Double
  public var r5: Double
  public var r10: Double

  /// Fractions over all ranks' queries. Collective.
  /// - Parameter places: for each query of this rank, the wrong answers before the first right one.
  public init(places: [Int], over ranks: any Communicator) throws(CollectiveError) {
    var sums = [1, 5, 10].map { limit in Double(places.count { $0 < limit }) }
    sums.append(Double(places.count))
    try ranks.allReduceSum(&sums)
    let count = max(sums[3], 1)
    (r1, r5, r10) = (sums[0] / count, sums[1] / count, sums[2] / count)
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
