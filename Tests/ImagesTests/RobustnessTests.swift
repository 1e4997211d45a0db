import CSpng
import CTurboJPEG
import Images
import Testing

@Suite("Hostile pictures")
struct RobustnessTests {
  static let small: [String: [UInt8]] = {
    let picture = Picture.waves(12, 10)
    let faded = rgba(picture) { UInt8($0 % 256) }
    let still = try? webp(faded, 12, 10)
    let indices = (0..<120).map { UInt8($0 % 3) }
    let palette = PNGRecipe(
      width: 12, height: 10, depth: 8, type: SPNG_COLOR_TYPE_INDEXED,
      palette: [red, green, blue], transparent: [0, 9], isInterlaced: true, raw: indices)
    let files: [String: [UInt8]?] = [
      "png": try? ImageEncoder.png(picture),
      "palette": try? palette.encoded(),
      "jpeg": (try? ImageEncoder.jpeg(picture)).map {
        withOrientation(6, $0, littleEndian: false)
      },
      "progressive": try? jpeg(picture.pixels, 12, 10, TJPF_RGB, flags: TJFLAG_PROGRESSIVE),
      "cmyk": try? jpeg(faded, 12, 10, TJPF_CMYK),
      "lossless": still,
      "lossy": try? webp(faded, 12, 10, quality: 50),
      "animated": still.map { animated([$0, $0], frame: (12, 10), canvas: (14, 12)) },
      "gif": GIFRecipe(
        canvas: (14, 12), left: 1, top: 2, palette: [red, green, blue], transparent: 1,
        isInterlaced: true, width: 12, indices: indices
      ).encoded(frames: 2),
    ]
    return files.compactMapValues { $0 }
  }()

  /// Small enough that no flipped byte of a size can ask for much.
  static let limits: ImageLimits = {
    var limits = ImageLimits()
    limits.maximumPixels = 1 << 16
    return limits
  }()

  /// Decoding ends, in a picture within the limits or an `ImageError`; nothing else can be thrown.
  func survives(_ bytes: [UInt8]) -> Bool {
    do throws(ImageError) {
      let picture = try ImageDecoder.decode(bytes, limits: Self.limits)
      return picture.width * picture.height <= Self.limits.maximumPixels
    } catch {
      return !error.description.isEmpty
    }
  }

  static let names = [
    "png", "palette", "jpeg", "progressive", "cmyk", "lossless", "lossy", "animated", "gif",
  ]

  @Test("every byte changed: a picture or an error", arguments: names)
  func changed(name: String) throws {
    let bytes = try #require(Self.small[name])
    #expect(throws: Never.self) { try ImageDecoder.decode(bytes) }
    for index in bytes.indices {
      for mask in [0x01, 0x80, 0xFF] as [UInt8] {
        var copy = bytes
        copy[index] ^= mask
        #expect(survives(copy), "\(name), byte \(index), mask \(mask)")
      }
    }
  }

  @Test("cut at every byte: an error, or the whole picture", arguments: names)
  func cut(name: String) throws {
    let bytes = try #require(Self.small[name])
    let whole = try ImageDecoder.decode(bytes)
    for count in bytes.indices {
      if let picture = try? ImageDecoder.decode(Array(bytes[..<count])) {
        #expect(picture == whole, "\(name), \(count) of \(bytes.count) bytes")
      }
    }
  }

  @Test("a JPEG without its last bytes is told as cut off")
  func cutJPEG() throws {
    for name in ["jpeg", "progressive"] {
      let bytes = try #require(Self.small[name])
      for missing in [1, 2, 10, 40] {
        #expect(throws: ImageError(.truncated)) {
          try ImageDecoder.decode(Array(bytes.dropLast(missing)))
        }
      }
    }
  }

  @Test("stray bytes between segments leave a JPEG whole")
  func strayBytes() throws {
    let bytes = try ImageEncoder.jpeg(.waves(12, 10))
    let stray = Array(bytes[..<20]) + [1, 2, 3] + Array(bytes[20...])
    #expect(try ImageDecoder.decode(stray) == ImageDecoder.decode(bytes))
    #expect(throws: ImageError(.truncated)) {
      try ImageDecoder.decode(Array(stray.dropLast(2)))
    }
  }

  @Test("huge claims are refused at the header")
  func claims() throws {
    #expect(
      throws: ImageError(.tooManyPixels(width: 20_990, height: 29_700, limit: 64 << 20))
    ) { try ImageDecoder.decode(pngClaiming(20_990, 29_700)) }
    #expect(
      throws: ImageError(.sideTooLong(width: 935_820, height: 854_554, limit: 65_535))
    ) { try ImageDecoder.decode(pngClaiming(935_820, 854_554)) }
    #expect(throws: ImageError.self) { try ImageDecoder.decode(pngClaiming(.max, .max)) }
    #expect(throws: ImageError.self) { try ImageDecoder.decode(pngClaiming(0, 7)) }
    // Within the limits, but no such file can hold so many rows.
    #expect(throws: ImageError(.truncated)) { try ImageDecoder.decode(pngClaiming(8_000, 8_000)) }
  }

  @Test("a PNG's metadata is limited, its pixels are not by that")
  func metadata() throws {
    let picture = Picture.waves(60, 50)
    let bytes = try ImageEncoder.png(picture)
    var limits = ImageLimits()
    limits.maximumMetadataBytes = 600
    #expect(bytes.count > 2_000)
    #expect(try ImageDecoder.decode(bytes, limits: limits) == picture)

    func commented(_ count: Int) -> [UInt8] {
      let text = Array("Comment\0".utf8) + [UInt8](repeating: 0x78, count: count)
      return Array(bytes[..<33] + pngChunk("tEXt", text) + bytes[33...])
    }
    #expect(try ImageDecoder.decode(commented(200), limits: limits) == picture)
    #expect(throws: ImageError.self) {
      try ImageDecoder.decode(commented(601), limits: limits)
    }
  }

  @Test("limits hold for every format")
  func limits() throws {
    var limits = ImageLimits()
    limits.maximumPixels = 119
    for (name, bytes) in Self.small {
      #expect(throws: ImageError.self, "\(name)") {
        try ImageDecoder.decode(bytes, limits: limits)
      }
    }
    limits = ImageLimits()
    limits.maximumBytes = 10
    #expect(throws: ImageError(.tooManyBytes(bytes: 11, limit: 10))) {
      try ImageDecoder.decode([UInt8](repeating: 0, count: 11), limits: limits)
    }
  }

  @Test("other formats are refused by name, all else as unknown")
  func otherFormats() {
    let heads: [(String, String)] = [
      ("BM......", "BMP"), ("II*\0....", "TIFF"), ("MM\0*....", "TIFF"),
      ("\0\0\0\u{18}ftypheic", "HEIF"), ("\0\0\0\u{18}ftypavif", "AVIF"), ("<svg xmlns", "SVG"),
    ]
    for (head, name) in heads {
      #expect(throws: ImageError(.unsupportedFormat(name))) {
        try ImageDecoder.decode(Array(head.utf8))
      }
    }
    #expect(throws: ImageError(.unknownFormat)) { try ImageDecoder.decode([1, 2, 3]) }
    #expect(throws: ImageError(.empty)) { try ImageDecoder.decode([]) }
  }

  @Test("an error tells place, fault and remedy on one line")
  func text() {
    let error = ImageError(.unsupportedFormat("BMP")).at("a.tar.zst, frame 3, key cat")
    #expect(
      error.description
        == "a.tar.zst, frame 3, key cat: BMP is not read. Convert it to PNG, JPEG, WebP or GIF")
  }
}
