import Foundation
import JSON

/// A set's reference captions: COCO's annotations, or Karpathy's file of splits.
public struct CaptionReferences: Sendable {
  /// An image and its captions, in the order of the file.
  public struct Image: Sendable, Equatable {
    public var id: String
    public var captions: [String]
  }

  /// The file; for errors.
  public let place: String
  public let images: [Image]

  /// Reads `{"images": [{"id"}], "annotations": [{"image_id", "caption"}]}`, or
  /// `{"images": [{"cocoid" or "filename", "split", "sentences": [{"raw"}]}]}`.
  ///
  /// - Parameter split: only images of this split; nil for all. `train` does not include
  ///   `restval`.
  /// - Throws: `CaptionScoresError` for a file that cannot be read or is none of these, for an
  ///   image without captions and for a split that is not there.
  public init(file: URL, split: String? = nil) throws(CaptionScoresError) {
    let file = try CaptionFile(file)
    guard let rows = file.root["images"]?.array else { throw file.malformed("has no images") }
    let isSplit = rows.contains { $0["sentences"] != nil }
    if let split { try Self.check(split, rows, file) }
    let chosen = split.map { split in rows.filter { $0["split"]?.string == split } } ?? rows
    images = isSplit
      ? try Self.sentences(chosen, file) : try Self.annotations(chosen, file)
    place = file.path
    var seen = Set<String>()
    if let twice = images.first(where: { !seen.insert($0.id).inserted }) {
      throw file.malformed("image \(twice.id) is there twice")
    }
    let bare = images.filter(\.captions.isEmpty).map(\.id)
    guard bare.isEmpty else {
      throw CaptionScoresError(
        place, .noReferences(count: bare.count, first: Array(bare.prefix(CaptionFile.namedImages))))
    }
  }

  private static func check(
    _ split: String, _ rows: [JSONValue], _ file: CaptionFile
  ) throws(CaptionScoresError) {
    let found = Set(rows.compactMap { $0["split"]?.string })
    if found.isEmpty { throw CaptionScoresError(file.path, .noSplits) }
    guard found.contains(split) else {
      throw CaptionScoresError(file.path, .noSplit(split, found: found.sorted()))
    }
  }

  private static func sentences(
    _ rows: [JSONValue], _ file: CaptionFile
  ) throws(CaptionScoresError) -> [Image] {
    var images: [Image] = []
    for (number, row) in rows.enumerated() {
      let name = row["filename"]?.string.map { URL(fileURLWithPath: $0).deletingPathExtension() }
      guard let id = row["cocoid"]?.imageID ?? name?.lastPathComponent else {
        throw file.malformed("image \(number + 1) has no cocoid and no filename")
      }
      let raw = (row["sentences"]?.array ?? []).compactMap { $0["raw"]?.string }
      images.append(Image(id: id, captions: raw))
    }
    return images
  }

  private static func annotations(
    _ rows: [JSONValue], _ file: CaptionFile
  ) throws(CaptionScoresError) -> [Image] {
    guard let notes = file.root["annotations"]?.array else {
      throw file.malformed("has no annotations")
    }
    var captions: [String: [String]] = [:]
    for (number, note) in notes.enumerated() {
      guard let id = note["image_id"]?.imageID, let caption = note["caption"]?.string else {
        throw file.malformed("annotation \(number + 1) has no image_id or no caption")
      }
      captions[id, default: []].append(caption)
    }
    var images: [Image] = []
    for (number, row) in rows.enumerated() {
      guard let id = row["id"]?.imageID else {
        throw file.malformed("image \(number + 1) has no id")
      }
      images.append(Image(id: id, captions: captions[id] ?? []))
    }
    return images
  }
}
