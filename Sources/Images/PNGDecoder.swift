import CResample
import CSpng

/// Decodes a PNG of any colour type and depth, interlaced or not; of an animation the default
/// image.
struct PNGDecoder {
  private let bytes: [UInt8]
  private let limits: ImageLimits
  private let header: spng_ihdr

  init(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) {
    self.bytes = bytes
    self.limits = limits
    header = try Self.withContext(bytes, limits) { context throws(ImageError) in
      var header = spng_ihdr()
      try Self.check(spng_get_ihdr(context, &header))
      return header
    }
    try limits.check(width: Int(header.width), height: Int(header.height))
  }

  var size: (width: Int, height: Int) { (Int(header.width), Int(header.height)) }

  func picture() throws(ImageError) -> Picture {
    let (width, height) = size
    guard couldHoldAllRows else { throw ImageError(.truncated) }
    let pixels = try Self.withContext(bytes, limits) { context throws(ImageError) in
      try hasAlpha(context) ? overWhite(context) : opaque(context)
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  /// Deflate expands a byte to at most 1,032 bytes, so a small file cannot hold a huge picture.
  private var couldHoldAllRows: Bool {
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(header.color_type)] ?? 1
    let bits = size.width * size.height * channels * Int(header.bit_depth)
    return bits / 8 / 1_032 <= bytes.count
  }

  private func hasAlpha(_ context: OpaquePointer) throws(ImageError) -> Bool {
    var transparency = spng_trns()
    let code = spng_get_trns(context, &transparency)
    if code != Int32(SPNG_ECHUNKAVAIL.rawValue) {
      try Self.check(code)
      return true
    }
    return header.color_type & UInt8(SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue) != 0
  }

  private func opaque(_ context: OpaquePointer) throws(ImageError) -> [UInt8] {
    let count = size.width * size.height * 3
    return try .filled(count) { rgb throws(ImageError) in
      try Self.check(
        spng_decode_image(context, rgb, count, Int32(SPNG_FMT_RGB8.rawValue), 0))
    }
  }

  private func overWhite(_ context: OpaquePointer) throws(ImageError) -> [UInt8] {
    let count = size.width * size.height
    let rgba = try [UInt8].filled(count * 4) { rgba throws(ImageError) in
      try Self.check(
        spng_decode_image(
          context, rgba, count * 4, Int32(SPNG_FMT_RGBA8.rawValue),
          Int32(SPNG_DECODE_TRNS.rawValue)))
    }
    return try .filled(count * 3) { rgb in pixels_over_white(rgba, count, rgb) }
  }

  private static func withContext<Result>(
    _ bytes: [UInt8], _ limits: ImageLimits,
    _ body: (OpaquePointer) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    guard let context = spng_ctx_new(0) else { throw ImageError(.damaged("out of memory")) }
    defer { spng_ctx_free(context) }
    let metadata = limits.maximumMetadataBytes
    try check(spng_set_chunk_limits(context, metadata, metadata))
    do {
      return try bytes.withUnsafeBytes { buffer in
        try check(spng_set_png_buffer(context, buffer.baseAddress, buffer.count))
        return try body(context)
      }
    } catch let error as ImageError {
      throw error
    } catch {
      throw ImageError(.damaged("\(error)"))
    }
  }

  private static func check(_ code: Int32) throws(ImageError) {
    if code == SPNG_IO_EOF.rawValue || code == SPNG_EOF.rawValue { throw ImageError(.truncated) }
    guard code == 0 else { throw ImageError(.damaged(String(cString: spng_strerror(code)))) }
  }
}
