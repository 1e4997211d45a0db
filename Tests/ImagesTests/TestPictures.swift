import CSpng
import CTurboJPEG
import CWebP
import Foundation
import Images

typealias Color = [UInt8]

let red: Color = [220, 30, 40], green: Color = [20, 200, 60], blue: Color = [10, 40, 230]
let white: Color = [255, 255, 255], black: Color = [0, 0, 0]

extension Picture {
  /// Four quarters of one colour each: top left, top right, bottom left, bottom right.
  static func quarters(_ width: Int, _ height: Int, _ colors: [Color]) -> Picture {
    make(width, height) { x, y in colors[(y * 2 / height) * 2 + x * 2 / width] }
  }

  /// Smooth waves with a little noise, the same on every run.
  static func waves(_ width: Int, _ height: Int) -> Picture {
    make(width, height) { x, y in
      (0..<3).map { channel in
        let wave = sin(Double(x) / (3 + Double(channel)) + Double(y) / 7)
        return UInt8(128 + 100 * wave + Double((x * 31 + y * 17 + channel * 7) % 23))
      }
    }
  }

  static func make(_ width: Int, _ height: Int, _ color: (Int, Int) -> Color) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<height { for x in 0..<width { pixels += color(x, y) } }
    return Picture(width: width, height: height, pixels: pixels)
  }

  func color(_ x: Int, _ y: Int) -> Color {
    let start = (y * width + x) * 3
    return Array(pixels[start..<(start + 3)])
  }

  /// The colours in the middle of the four quarters.
  var quarterColors: [Color] {
    [(1, 1), (3, 1), (1, 3), (3, 3)].map { color($0.0 * width / 4, $0.1 * height / 4) }
  }
}

/// The largest difference of two lists of bytes.
func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  a.count == b.count ? zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0 : Int.max
}

func distance(_ a: [Color], _ b: [Color]) -> Int { distance(a.flatMap { $0 }, b.flatMap { $0 }) }

struct EncodingFailed: Error {
  var code: Int32
}

/// A PNG with any header; `raw` holds the rows in PNG's own layout, 16-bit samples in host order.
struct PNGRecipe {
  var width: Int, height: Int, depth: Int
  var type: spng_color_type
  var palette: [Color] = []
  /// Of a palette its entries' alpha, else the samples of the colour that is transparent.
  var transparent: [UInt16] = []
  var isInterlaced = false
  var raw: [UInt8] = []

  func encoded() throws -> [UInt8] {
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
      throw EncodingFailed(code: 0)
    }
    defer { spng_ctx_free(context) }
    func check(_ code: Int32) throws { if code != 0 { throw EncodingFailed(code: code) } }
    try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
    var header = spng_ihdr(
      width: UInt32(width), height: UInt32(height), bit_depth: UInt8(depth),
      color_type: UInt8(type.rawValue), compression_method: 0, filter_method: 0,
      interlace_method: isInterlaced ? 1 : 0)
    try check(spng_set_ihdr(context, &header))
    if !palette.isEmpty {
      var entries = spng_plte()
      entries.n_entries = UInt32(palette.count)
      withUnsafeMutableBytes(of: &entries.entries) { bytes in
        for (i, color) in palette.enumerated() {
          bytes[(4 * i)..<(4 * i + 3)].copyBytes(from: color)
        }
      }
      try check(spng_set_plte(context, &entries))
    }
    if !transparent.isEmpty {
      var trns = transparency
      try check(spng_set_trns(context, &trns))
    }
    try check(
      spng_encode_image(
        context, raw, raw.count, Int32(SPNG_FMT_PNG.rawValue),
        Int32(SPNG_ENCODE_FINALIZE.rawValue)))
    var count = 0, code: Int32 = 0
    guard let buffer = spng_get_png_buffer(context, &count, &code) else {
      throw EncodingFailed(code: code)
    }
    defer { free(buffer) }
    return [UInt8](UnsafeRawBufferPointer(start: buffer, count: count))
  }

  private var transparency: spng_trns {
    var trns = spng_trns()
    if type == SPNG_COLOR_TYPE_INDEXED {
      trns.n_type3_entries = UInt32(transparent.count)
      withUnsafeMutableBytes(of: &trns.type3_alpha) {
        $0.copyBytes(from: transparent.map { UInt8($0) })
      }
    } else if type == SPNG_COLOR_TYPE_GRAYSCALE {
      trns.gray = transparent[0]
    } else {
      (trns.red, trns.green, trns.blue) = (transparent[0], transparent[1], transparent[2])
    }
    return trns
  }
}

/// A JPEG by the codec itself: pixels in any of its layouts.
func jpeg(
  _ pixels: [UInt8], _ width: Int, _ height: Int, _ format: TJPF,
  subsampling: TJSAMP = TJSAMP_444, flags: Int32 = 0
) throws -> [UInt8] {
  guard let handle = tjInitCompress() else { throw EncodingFailed(code: 0) }
  defer { tjDestroy(handle) }
  var bytes: UnsafeMutablePointer<UInt8>?
  var count: UInt = 0
  defer { tjFree(bytes) }
  let code = tjCompress2(
    handle, pixels, Int32(width), 0, Int32(height), format.rawValue, &bytes, &count,
    Int32(subsampling.rawValue), 95, flags)
  guard code == 0, let bytes else { throw EncodingFailed(code: code) }
  return [UInt8](UnsafeBufferPointer(start: bytes, count: Int(count)))
}

/// A WebP of RGBA pixels; lossy if a quality is given.
func webp(_ rgba: [UInt8], _ width: Int, _ height: Int, quality: Float? = nil) throws -> [UInt8] {
  var bytes: UnsafeMutablePointer<UInt8>?
  let stride = Int32(4 * width)
  let count =
    if let quality {
      WebPEncodeRGBA(rgba, Int32(width), Int32(height), stride, quality, &bytes)
    } else {
      WebPEncodeLosslessRGBA(rgba, Int32(width), Int32(height), stride, &bytes)
    }
  guard count > 0, let bytes else { throw EncodingFailed(code: 0) }
  defer { WebPFree(bytes) }
  return [UInt8](UnsafeBufferPointer(start: bytes, count: count))
}

func rgba(_ picture: Picture, alpha: (Int) -> UInt8 = { _ in 255 }) -> [UInt8] {
  (0..<(picture.width * picture.height)).flatMap {
    picture.pixels[(3 * $0)..<(3 * $0 + 3)] + [alpha($0)]
  }
}
