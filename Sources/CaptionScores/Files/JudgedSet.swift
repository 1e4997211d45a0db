/// Results beside the references of the same images, in the order of the references.
public struct JudgedSet: Sendable {
  public let captions: [JudgedCaption]
  /// Images of the references without a result, which are not scored.
  public let missing: Int

  /// - Parameter partial: leaves out images without a result, which are an error otherwise.
  /// - Throws: `CaptionScoresError` for a result of another image, and for missing ones.
  public init(
    _ results: CaptionResults, _ references: CaptionReferences, partial: Bool = false
  ) throws(CaptionScoresError) {
    let known = Set(references.images.map(\.id))
    let foreign = results.captions.keys.filter { !known.contains($0) }.sorted()
    guard foreign.isEmpty else {
      throw CaptionScoresError(
        results.place, .foreign(count: foreign.count, first: Self.first(foreign)))
    }
    let absent = references.images.map(\.id).filter { results.captions[$0] == nil }
    guard absent.isEmpty || partial else {
      throw CaptionScoresError(
        results.place,
        .missing(count: absent.count, of: references.images.count, first: Self.first(absent)))
    }
    captions = references.images.compactMap { image in
      results.captions[image.id].map {
        JudgedCaption(key: image.id, candidate: $0, references: image.captions)
      }
    }
    missing = absent.count
    guard !captions.isEmpty else { throw CaptionScoresError(results.place, .nothing) }
  }

  private static func first(_ images: [String]) -> [String] {
    Array(images.prefix(CaptionFile.namedImages))
  }
}
