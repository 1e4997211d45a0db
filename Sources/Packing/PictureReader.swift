import Foundation
import Images
import Records

/// Reads pictures for shards.
struct PictureReader: Sendable {
  /// Pictures with a longer side are made this large; nil leaves every file as it is.
  var maximumSide: Int?
  var limits = ImageLimits.default

  /// The picture's bytes under the suffix that its content tells. Its header is checked, its
  /// pixels only where it is made smaller.
  func field(_ source: InputRow.Picture) throws(PackingError) -> Field {
    let bytes: [UInt8], name: String
    switch source {
    case .bytes(let given, let place): (bytes, name) = (given, place)
    case .file(let path):
      name = path
      bytes = try InputFile.read(path: path, what: "the picture", limit: limits.maximumBytes)
    }
    do throws(ImageError) {
      let (width, height, format) = try ImageDecoder.size(bytes, limits: limits)
      let suffix = format == .jpeg ? "jpg" : format.rawValue
      guard let maximumSide, max(width, height) > maximumSide else {
        return Field(suffix: suffix, bytes: bytes)
      }
      let picture = try ImageDecoder.decode(bytes, limits: limits)
        .resized(longerSide: maximumSide)
      return format == .jpeg
        ? Field(suffix: "jpg", bytes: try ImageEncoder.jpeg(picture))
        : Field(suffix: "png", bytes: try ImageEncoder.png(picture))
    } catch {
      throw PackingError(name, .picture("\(error)"))
    }
  }
}
