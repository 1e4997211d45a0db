/// Decodes the bytes of a PNG, JPEG, WebP or GIF file.
public enum ImageDecoder {
  /// Decodes to 8-bit RGB: alpha over white, turned upright by EXIF's orientation, the first frame
  /// of an animation; colour profiles are not applied.
  /// - Parameters:
  ///   - limits: checked before memory is taken for pixels.
  ///   - shorterSide: a JPEG may be reduced, in eighths, while it is decoded, as long as its
  ///     shorter side is not below this. That is faster, but gives other pixels.
  /// - Throws: `ImageError`, also for a picture that is cut off: half a picture is not used.
  public static func decode(
    _ bytes: [UInt8], limits: ImageLimits = .default, shorterSide: Int? = nil
  ) throws(ImageError) -> Picture {
    guard bytes.count <= limits.maximumBytes else {
      throw ImageError(.tooManyBytes(bytes: bytes.count, limit: limits.maximumBytes))
    }
    switch try ImageFormat(sniffing: bytes) {
    case .png: return try PNGDecoder(bytes, limits: limits).picture()
    case .jpeg: return try JPEGDecoder(bytes, limits: limits).picture(shorterSide: shorterSide)
    case .webp: return try WebPDecoder(bytes, limits: limits).picture()
    case .gif: return try GIFDecoder(bytes, limits: limits).picture()
    }
  }

  /// The size of the decoded picture, and the format, from the header alone.
  public static func size(
    _ bytes: [UInt8], limits: ImageLimits = .default
  ) throws(ImageError) -> (width: Int, height: Int, format: ImageFormat) {
    let format = try ImageFormat(sniffing: bytes)
    let size: (width: Int, height: Int)
    switch format {
    case .png: size = try PNGDecoder(bytes, limits: limits).size
    case .jpeg: size = try JPEGDecoder(bytes, limits: limits).uprightSize
    case .webp: size = try WebPDecoder(bytes, limits: limits).size
    case .gif: size = try GIFDecoder(bytes, limits: limits).size
    }
    return (size.width, size.height, format)
  }
}
