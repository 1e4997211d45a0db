import Foundation
import JSON

/// A result file of COCO: `[{"image_id": 1, "caption": "a dog"}, …]`.
public struct CaptionResults: Sendable, Equatable {
  /// The file; for errors.
  public let place: String
  /// Each image's caption.
  public let captions: [String: String]

  /// - Throws: `CaptionScoresError` for a file that cannot be read or is none, and for two captions
  ///   of an image.
  public init(file: URL) throws(CaptionScoresError) {
    let file = try CaptionFile(file)
    guard let rows = file.root.array else { throw file.malformed("is no list of results") }
    var captions: [String: String] = [:], doubled: [String] = []
    for (number, row) in rows.enumerated() {
      guard let id = row["image_id"]?.imageID, let caption = row["caption"]?.string else {
        throw file.malformed("result \(number + 1) has no image_id or no caption")
      }
      if captions.updateValue(caption, forKey: id) != nil { doubled.append(id) }
    }
    guard doubled.isEmpty else {
      throw CaptionScoresError(
        file.path,
        .doubled(count: doubled.count, first: Array(doubled.prefix(CaptionFile.namedImages))))
    }
    (place, self.captions) = (file.path, captions)
  }
}
