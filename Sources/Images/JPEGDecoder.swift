import CResample
import CTurboJPEG

/// Decodes a JPEG: baseline or progressive, grey, YCbCr, RGB, CMYK or YCCK.
struct JPEGDecoder {
  private let bytes: [UInt8]
  private let segments: JPEGSegments
  private let stored: (width: Int, height: Int)
  private let isCMYK: Bool

  init(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) {
    self.bytes = bytes
    segments = JPEGSegments(bytes)
    let handle = try Handle()
    var width: Int32 = 0, height: Int32 = 0, subsampling: Int32 = 0, colorspace: Int32 = -1
    // The result is not 0 after mere warnings too, such as of an unusual subsampling, which matter
    // only for planes of YUV. Whether sizes were found tells whether it succeeded.
    _ = tjDecompressHeader3(
      handle.raw, bytes, UInt(bytes.count), &width, &height, &subsampling, &colorspace)
    guard width > 0, height > 0, colorspace >= 0 else { throw handle.failure }
    stored = (Int(width), Int(height))
    isCMYK = colorspace == TJCS_CMYK.rawValue || colorspace == TJCS_YCCK.rawValue
    try limits.check(width: stored.width, height: stored.height)
  }

  /// The size after turning the picture upright.
  var uprightSize: (width: Int, height: Int) {
    segments.orientation.swapsSides ? (stored.height, stored.width) : stored
  }

  func picture(shorterSide: Int?) throws(ImageError) -> Picture {
    let (width, height) = size(shorterSide: shorterSide)
    let count = width * height
    var pixels = try [UInt8].filled(count * (isCMYK ? 4 : 3)) { target throws(ImageError) in
      try decode(into: target, width: width, height: height)
    }
    if isCMYK {
      let cmyk = pixels
      let isInverted: Int32 = segments.isAdobe ? 1 : 0
      pixels = try .filled(count * 3) { pixels_from_cmyk(cmyk, count, isInverted, $0) }
    }
    return Picture(width: width, height: height, pixels: pixels)
      .upright(from: segments.orientation)
  }

  /// The stored size in the fewest eighths for which both sides are at least `shorterSide`.
  private func size(shorterSide: Int?) -> (width: Int, height: Int) {
    guard let shorterSide else { return stored }
    for eighths in 1..<8 {
      let width = (stored.width * eighths + 7) / 8, height = (stored.height * eighths + 7) / 8
      if min(width, height) >= shorterSide { return (width, height) }
    }
    return stored
  }

  private func decode(
    into target: UnsafeMutablePointer<UInt8>, width: Int, height: Int
  ) throws(ImageError) {
    let handle = try Handle()
    let format = isCMYK ? TJPF_CMYK : TJPF_RGB
    let code = tjDecompress2(
      handle.raw, bytes, UInt(bytes.count), target, Int32(width), 0, Int32(height),
      format.rawValue, TJFLAG_LIMITSCANS)
    guard code != 0 else { return }
    guard segments.hasEnd(bytes) else { throw ImageError(.truncated) }
    guard handle.warnsOfTrifles else { throw handle.failure }
  }
}

/// Owns the library's decompressor.
private final class Handle {
  let raw: tjhandle

  init() throws(ImageError) {
    guard let raw = tjInitDecompress() else { throw ImageError(.damaged("out of memory")) }
    self.raw = raw
  }

  deinit { tjDestroy(raw) }

  var message: String { String(cString: tjGetErrorStr2(raw)) }

  /// Whether it only warns of bytes between segments or odd version marks, which are common and
  /// harmless.
  var warnsOfTrifles: Bool {
    guard tjGetErrorCode(raw) == TJERR_WARNING.rawValue else { return false }
    return ["extraneous bytes before", "JFIF revision", "Adobe color transform"]
      .contains { message.contains($0) }
  }

  var failure: ImageError {
    let isCut = message.contains("Premature end of") || message.contains("Empty input")
    return ImageError(isCut ? .truncated : .damaged(message))
  }
}
