import CSpng
import CTurboJPEG
import Foundation

/// Encodes a picture as the bytes of a file.
public enum ImageEncoder {
  /// Lossless 8-bit RGB.
  public static func png(_ picture: Picture) throws(ImageError) -> [UInt8] {
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
      throw ImageError(.cannotEncode("out of memory"))
    }
    defer { spng_ctx_free(context) }
    try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
    guard let width = UInt32(exactly: picture.width),
      let height = UInt32(exactly: picture.height)
    else { throw ImageError(.cannotEncode("a side too long for PNG")) }
    var header = spng_ihdr(
      width: width, height: height, bit_depth: 8,
      color_type: UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue), compression_method: 0,
      filter_method: 0, interlace_method: 0)
    try check(spng_set_ihdr(context, &header))
    try check(
      spng_encode_image(
        context, picture.pixels, picture.pixels.count, Int32(SPNG_FMT_PNG.rawValue),
        Int32(SPNG_ENCODE_FINALIZE.rawValue)))
    var count = 0, code: Int32 = 0
    guard let encoded = spng_get_png_buffer(context, &count, &code) else {
      throw ImageError(.cannotEncode(String(cString: spng_strerror(code))))
    }
    defer { free(encoded) }
    return [UInt8](UnsafeRawBufferPointer(start: encoded, count: count))
  }

  /// Baseline JPEG with full colour resolution (4:4:4).
  /// - Parameter quality: 1 to 100.
  public static func jpeg(_ picture: Picture, quality: Int = 92) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "quality is 1 to 100")
    guard max(picture.width, picture.height) <= 65_500 else {
      throw ImageError(.cannotEncode("a side too long for JPEG"))
    }
    guard let handle = tjInitCompress() else { throw ImageError(.cannotEncode("out of memory")) }
    defer { tjDestroy(handle) }
    let (width, height) = (Int32(picture.width), Int32(picture.height))
    var encoded: UnsafeMutablePointer<UInt8>?
    var count: UInt = 0
    defer { tjFree(encoded) }
    let code = tjCompress2(
      handle, picture.pixels, width, 0, height, TJPF_RGB.rawValue, &encoded, &count,
      Int32(TJSAMP_444.rawValue), Int32(quality), 0)
    guard code == 0, let encoded else {
      throw ImageError(.cannotEncode(String(cString: tjGetErrorStr2(handle))))
    }
    return [UInt8](UnsafeBufferPointer(start: encoded, count: Int(count)))
  }

  private static func check(_ code: Int32) throws(ImageError) {
    guard code == 0 else {
      throw ImageError(.cannotEncode(String(cString: spng_strerror(code))))
    }
  }
}
