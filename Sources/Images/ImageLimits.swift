/// The largest pictures that are accepted. All is checked in the header, before memory is taken.
///
/// Decoding takes at most 7 bytes a pixel (RGBA and RGB), a progressive JPEG up to 6 more for its
/// coefficients, a WebP up to 4 more; so the default bounds it by about 900 MiB.
public struct ImageLimits: Sendable, Equatable {
  /// Size of the encoded picture.
  public var maximumBytes = 256 << 20
  public var maximumPixels = 64 << 20
  public var maximumSide = 65_535
  /// Colour profiles, texts and other metadata of a PNG, decompressed.
  public var maximumMetadataBytes = 16 << 20

  public static let `default` = ImageLimits()

  public init() {}

  func check(width: Int, height: Int) throws(ImageError) {
    guard width > 0, height > 0 else { throw ImageError(.damaged("a side is zero")) }
    guard width <= maximumSide, height <= maximumSide else {
      throw ImageError(.sideTooLong(width: width, height: height, limit: maximumSide))
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= maximumPixels, pixels <= Int.max / 64 else {
      throw ImageError(.tooManyPixels(width: width, height: height, limit: maximumPixels))
    }
  }
}
