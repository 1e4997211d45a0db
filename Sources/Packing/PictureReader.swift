import Foundation
import Images
import Records

/// Reads pictures for shards.
struct PictureReader: Sendable {
  enum Outcome: Sendable {
    case kept(Field, PictureMark?)
    case dropped(DropRule)
  }

  /// Pictures with a longer side are reduced to this size; nil leaves every file as it is.
  var maximumSide: Int?
  var filters = PackFilters()
  /// Whether pictures are compared with each other, and also by their looks.
  var marks = PackFilters.Duplicates.keep
  var limits = ImageLimits.default
  /// Where links of files may lead; nil: anywhere.
  var bounds: String?

  /// The picture's bytes with the suffix for their content. The header is always checked; the
  /// pixels are decoded only where the picture is reduced or its look is needed.
  func read(_ source: InputRow.Picture) throws(PackingError) -> Outcome {
    let bytes: [UInt8], name: String
    switch source {
    case .bytes(let given, let place): (bytes, name) = (given, place)
    case .file(let path):
      name = path
      bytes = try InputFile.read(
        path: path, what: "the picture", limit: limits.maximumBytes, within: bounds)
    }
    do throws(ImageError) {
      let (width, height, format) = try ImageDecoder.size(bytes, limits: limits)
      if let rule = filters.rule(width: width, height: height) { return .dropped(rule) }
      let isLarge = maximumSide.map { max(width, height) > $0 } ?? false
      let field = isLarge
        ? try shrunk(bytes, format)
        : Field(suffix: format == .jpeg ? "jpg" : format.rawValue, bytes: bytes)
      if marks == .keep { return .kept(field, nil) }
      let mark = try PictureMark(field.bytes, limits: limits, withLook: marks == .near)
      return .kept(field, mark)
    } catch {
      throw PackingError(name, .picture("\(error)"))
    }
  }

  private func shrunk(_ bytes: [UInt8], _ format: ImageFormat) throws(ImageError) -> Field {
    let picture = try ImageDecoder.decode(bytes, limits: limits)
      .resized(longerSide: maximumSide ?? limits.maximumSide)
    return format == .jpeg
      ? Field(suffix: "jpg", bytes: try ImageEncoder.jpeg(picture))
      : Field(suffix: "png", bytes: try ImageEncoder.png(picture))
  }
}
