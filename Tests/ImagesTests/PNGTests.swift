import CSpng
import Images
import Testing

@Suite("PNG")
struct PNGTests {
  @Test("RGB, plain and interlaced, comes back byte for byte", arguments: [false, true])
  func color(isInterlaced: Bool) throws {
    let picture = Picture.waves(13, 9)
    let recipe = PNGRecipe(
      width: 13, height: 9, depth: 8, type: SPNG_COLOR_TYPE_TRUECOLOR,
      isInterlaced: isInterlaced, raw: picture.pixels)
    #expect(try ImageDecoder.decode(recipe.encoded()) == picture)
  }

  @Test("our encoder's file comes back byte for byte")
  func encoder() throws {
    let picture = Picture.waves(31, 7)
    let bytes = try ImageEncoder.png(picture)
    #expect(try ImageDecoder.decode(bytes) == picture)
    #expect(try ImageDecoder.size(bytes) == (31, 7, .png))
  }

  @Test("grey of every depth is spread over 0 to 255", arguments: [1, 2, 4, 8])
  func grey(depth: Int) throws {
    let levels = 1 << depth, perByte = 8 / depth
    let width = max(levels, perByte)
    var raw = [UInt8](repeating: 0, count: width / perByte)
    for x in 0..<width {
      let shift = 8 - depth - depth * (x % perByte)
      raw[x / perByte] |= UInt8(x % levels) << UInt8(shift)
    }
    let picture = try ImageDecoder.decode(
      PNGRecipe(
        width: width, height: 1, depth: depth, type: SPNG_COLOR_TYPE_GRAYSCALE, raw: raw
      ).encoded())
    for x in 0..<width {
      let level = UInt8((x % levels) * 255 / (levels - 1))
      #expect(picture.color(x, 0) == [level, level, level])
    }
  }

  @Test("a palette of every depth gives its colours, over white where transparent",
    arguments: [1, 2, 4, 8], [false, true])
  func palette(depth: Int, isTransparent: Bool) throws {
    let raw: [UInt8] = depth == 8 ? [0, 1] : [1 << UInt8(8 - 2 * depth)]
    let picture = try ImageDecoder.decode(
      PNGRecipe(
        width: 2, height: 1, depth: depth, type: SPNG_COLOR_TYPE_INDEXED,
        palette: [red, black], transparent: isTransparent ? [255, 51] : [], raw: raw
      ).encoded())
    #expect(picture.color(0, 0) == red)
    #expect(picture.color(1, 0) == (isTransparent ? [204, 204, 204] : black))
  }

  @Test("16-bit samples keep their upper byte", arguments: [1, 2, 3, 4])
  func deep(channels: Int) throws {
    let types = [
      SPNG_COLOR_TYPE_GRAYSCALE, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, SPNG_COLOR_TYPE_TRUECOLOR,
      SPNG_COLOR_TYPE_TRUECOLOR_ALPHA,
    ]
    let samples: [UInt16] =
      [[0x1234], [0x1234, 0xFFFF], [0x1234, 0x5678, 0x9ABC], [0x1234, 0x5678, 0x9ABC, 0xFFFF]][
        channels - 1]
    let picture = try ImageDecoder.decode(
      PNGRecipe(
        width: 1, height: 1, depth: 16, type: types[channels - 1],
        raw: samples.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      ).encoded())
    #expect(picture.color(0, 0) == (channels < 3 ? [0x12, 0x12, 0x12] : [0x12, 0x56, 0x9A]))
  }

  @Test("alpha of every value lies over white")
  func alpha() throws {
    let picture = try ImageDecoder.decode(
      PNGRecipe(
        width: 256, height: 1, depth: 8, type: SPNG_COLOR_TYPE_GRAYSCALE_ALPHA,
        raw: (0...255).flatMap { [100, UInt8($0)] }
      ).encoded())
    for alpha in 0...255 {
      let expected = UInt8((Double(100 * alpha + 255 * (255 - alpha)) / 255).rounded())
      #expect(picture.color(alpha, 0) == [expected, expected, expected])
    }
  }

  @Test("one transparent colour of an opaque type becomes white", arguments: [8, 16])
  func transparentColor(depth: Int) throws {
    let samples: [UInt16] = depth == 8 ? [9, 8, 7, 9, 8, 6] : [777, 888, 999, 777, 888, 998]
    let raw = samples.flatMap {
      depth == 8 ? [UInt8($0)] : [UInt8($0 & 255), UInt8($0 >> 8)]
    }
    let picture = try ImageDecoder.decode(
      PNGRecipe(
        width: 2, height: 1, depth: depth, type: SPNG_COLOR_TYPE_TRUECOLOR,
        transparent: Array(samples[..<3]), raw: raw
      ).encoded())
    #expect(picture.color(0, 0) == white)
    #expect(picture.color(1, 0) == (depth == 8 ? [9, 8, 6] : [3, 3, 3]))
  }

  @Test("an animation gives its default image")
  func animation() throws {
    let picture = Picture.waves(6, 5)
    let still = try ImageEncoder.png(picture)
    let control: [UInt8] =
      [0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 5] + [UInt8](repeating: 0, count: 14)
    let end = still.count - 12
    let bytes =
      still[..<33] + pngChunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0]) + still[33..<end]
      + pngChunk("fcTL", control) + pngChunk("fdAT", [0, 0, 0, 2, 1, 2, 3]) + still[end...]
    #expect(try ImageDecoder.decode(Array(bytes)) == picture)
  }
}
