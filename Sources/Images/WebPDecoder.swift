import CResample
import CWebP
import CWebPDemux

/// Decodes a WebP: lossy or lossless, with or without alpha; of an animation the first frame.
struct WebPDecoder {
  private let bytes: [UInt8]
  private let limits: ImageLimits
  private let features: WebPBitstreamFeatures

  init(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) {
    self.bytes = bytes
    self.limits = limits
    features = try Self.features(bytes, bytes.count)
    try limits.check(width: size.width, height: size.height)
  }

  var size: (width: Int, height: Int) { (Int(features.width), Int(features.height)) }

  func picture() throws(ImageError) -> Picture {
    let (width, height) = size
    let pixels =
      features.has_animation != 0
      ? try firstFrame()
      : try Self.pixels(bytes, bytes.count, features)
    return Picture(width: width, height: height, pixels: pixels)
  }

  private static func features(
    _ data: UnsafePointer<UInt8>, _ count: Int
  ) throws(ImageError) -> WebPBitstreamFeatures {
    var features = WebPBitstreamFeatures()
    try check(WebPGetFeatures(data, count, &features))
    return features
  }

  /// RGB of one still image, over white.
  private static func pixels(
    _ data: UnsafePointer<UInt8>, _ count: Int, _ features: WebPBitstreamFeatures
  ) throws(ImageError) -> [UInt8] {
    let (width, height) = (Int(features.width), Int(features.height))
    let channels = features.has_alpha != 0 ? 4 : 3
    let decoded = try [UInt8].filled(width * height * channels) { target throws(ImageError) in
      var config = WebPDecoderConfig()
      guard WebPInitDecoderConfig(&config) != 0 else {
        throw ImageError(.damaged("the codec's version differs from its header"))
      }
      config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB
      config.output.is_external_memory = 1
      config.output.u.RGBA.rgba = target
      config.output.u.RGBA.stride = Int32(width * channels)
      config.output.u.RGBA.size = width * height * channels
      try check(WebPDecode(data, count, &config))
    }
    guard channels == 4 else { return decoded }
    return try .filled(width * height * 3) { pixels_over_white(decoded, width * height, $0) }
  }

  private func firstFrame() throws(ImageError) -> [UInt8] {
    do {
      return try bytes.withUnsafeBufferPointer { buffer in
        var data = WebPData(bytes: buffer.baseAddress, size: buffer.count)
        var state = WEBP_DEMUX_PARSE_ERROR
        guard let demuxer = WebPDemuxInternal(&data, 0, &state, WEBP_DEMUX_ABI_VERSION) else {
          let isCut = state != WEBP_DEMUX_PARSE_ERROR
          throw ImageError(isCut ? .truncated : .damaged("not an animation"))
        }
        defer { WebPDemuxDelete(demuxer) }
        var frame = WebPIterator()
        guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else { throw ImageError(.truncated) }
        defer { WebPDemuxReleaseIterator(&frame) }
        return try canvas(holding: frame)
      }
    } catch let error as ImageError {
      throw error
    } catch {
      throw ImageError(.damaged("\(error)"))
    }
  }

  /// The frame at its place on a white canvas.
  private func canvas(holding frame: WebPIterator) throws(ImageError) -> [UInt8] {
    guard let data = frame.fragment.bytes else { throw ImageError(.truncated) }
    let features = try Self.features(data, frame.fragment.size)
    let (width, height) = (Int(features.width), Int(features.height))
    let (left, top) = (Int(frame.x_offset), Int(frame.y_offset))
    guard left >= 0, top >= 0, width > 0, height > 0, left + width <= size.width,
      top + height <= size.height
    else { throw ImageError(.damaged("a frame outside of the canvas")) }
    let pixels = try Self.pixels(data, frame.fragment.size, features)
    if (width, height) == size { return pixels }
    var canvas = [UInt8](repeating: 255, count: size.width * size.height * 3)
    for row in 0..<height {
      let start = ((top + row) * size.width + left) * 3
      canvas.replaceSubrange(
        start..<(start + width * 3), with: pixels[(row * width * 3)..<((row + 1) * width * 3)])
    }
    return canvas
  }

  private static func check(_ status: VP8StatusCode) throws(ImageError) {
    switch status {
    case VP8_STATUS_OK: return
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: throw ImageError(.truncated)
    case VP8_STATUS_UNSUPPORTED_FEATURE: throw ImageError(.damaged("an unsupported feature"))
    default: throw ImageError(.damaged("WebP status \(status.rawValue)"))
    }
  }
}
