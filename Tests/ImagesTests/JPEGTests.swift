import CTurboJPEG
import Images
import Testing

@Suite("JPEG")
struct JPEGTests {
  let picture = Picture.quarters(32, 48, [red, green, blue, white])

  @Test("baseline and progressive, every subsampling, gives the colours",
    arguments: [Int32(0), TJFLAG_PROGRESSIVE],
    [TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_411].map(\.rawValue))
  func color(flags: Int32, subsampling: UInt32) throws {
    let bytes = try jpeg(
      picture.pixels, 32, 48, TJPF_RGB, subsampling: TJSAMP(subsampling), flags: flags)
    let decoded = try ImageDecoder.decode(bytes)
    #expect(distance(decoded.quarterColors, picture.quarterColors) <= 4)
  }

  @Test("grey gives three equal channels")
  func grey() throws {
    let bytes = try jpeg(
      [UInt8](repeating: 77, count: 64), 8, 8, TJPF_GRAY, subsampling: TJSAMP_GRAY)
    let decoded = try ImageDecoder.decode(bytes)
    #expect(distance(decoded.pixels, [UInt8](repeating: 77, count: 192)) <= 1)
  }

  @Test("CMYK is read, inverted where Adobe's marker says so", arguments: [true, false])
  func cmyk(isAdobe: Bool) throws {
    let pixels = [[UInt8]](repeating: [128, 128, 128, 200], count: 64).flatMap { $0 }
    var bytes = try jpeg(pixels, 8, 8, TJPF_CMYK)
    // Adobe's 255 is no ink: 128 of 255 light through each colour, 200 of 255 through black.
    var expected: Color = [100, 100, 100]
    if !isAdobe {
      let marker = try #require(bytes.indices.first { bytes[$0...].starts(with: "Adobe".utf8) })
      bytes[marker] = 0x61
      // The file holds YCCK, (127, 128, 128, 200), which is now taken for inks as they are.
      expected = [28, 27, 27]
    }
    let decoded = try ImageDecoder.decode(bytes)
    #expect(distance(decoded.color(4, 4), expected) <= 2)
  }

  @Test("our encoder's file comes back nearly the same")
  func encoder() throws {
    let bytes = try ImageEncoder.jpeg(picture, quality: 95)
    #expect(try ImageDecoder.size(bytes) == (32, 48, .jpeg))
    let decoded = try ImageDecoder.decode(bytes)
    #expect(distance(decoded.quarterColors, picture.quarterColors) <= 3)
  }

  @Test("scaling while decoding keeps the shorter side", arguments: [1, 4, 5, 12, 31, 32, 33, 99])
  func shorterSide(_ side: Int) throws {
    let bytes = try ImageEncoder.jpeg(picture)
    let decoded = try ImageDecoder.decode(bytes, shorterSide: side)
    #expect(decoded.width >= min(side, 32))
    #expect(decoded.width <= max(4, side + 3))
    #expect(decoded.width * 48 == decoded.height * 32)
    #expect(distance(decoded.quarterColors, picture.quarterColors) <= 4)
  }

  @Test("each orientation stands upright, in both byte orders", arguments: 1...8, [true, false])
  func orientation(value: Int, littleEndian: Bool) throws {
    let stored = Picture.quarters(32, 48, [red, green, blue, white])
    // Which stored quarter is seen at the top left, top right, bottom left, bottom right.
    let seen = [
      [0, 1, 2, 3], [1, 0, 3, 2], [3, 2, 1, 0], [2, 3, 0, 1], [0, 2, 1, 3], [2, 0, 3, 1],
      [3, 1, 2, 0], [1, 3, 0, 2],
    ][value - 1]
    let plain = try ImageEncoder.jpeg(stored)
    let bytes = withOrientation(UInt16(value), plain, littleEndian: littleEndian)
    let decoded = try ImageDecoder.decode(bytes)
    #expect(decoded.width == (value < 5 ? 32 : 48))
    #expect(decoded.height == (value < 5 ? 48 : 32))
    let size = try ImageDecoder.size(bytes)
    #expect(size == (decoded.width, decoded.height, .jpeg))
    let expected = seen.map { stored.quarterColors[$0] }
    #expect(distance(decoded.quarterColors, expected) <= 4)
  }

  @Test("turning moves every pixel to its place", arguments: Orientation.allCases)
  func everyPixel(orientation: Orientation) {
    let stored = Picture.waves(5, 3)
    let turned = stored.upright(from: orientation)
    for y in 0..<turned.height {
      for x in 0..<turned.width {
        let (left, up, right, down) = (x, y, turned.width - 1 - x, turned.height - 1 - y)
        let (column, row) =
          switch orientation {
          case .upright: (left, up)
          case .mirrored: (right, up)
          case .upsideDown: (right, down)
          case .flipped: (left, down)
          case .transposed: (up, left)
          case .turnedRight: (up, right)
          case .transversed: (down, right)
          case .turnedLeft: (down, left)
          }
        #expect(turned.color(x, y) == stored.color(column, row))
      }
    }
  }

  @Test("orientations that do not exist change nothing", arguments: [0, 9, 65_535])
  func unknownOrientation(value: Int) throws {
    let plain = try ImageEncoder.jpeg(picture)
    let bytes = withOrientation(UInt16(value), plain, littleEndian: true)
    #expect(try ImageDecoder.decode(bytes) == ImageDecoder.decode(plain))
  }
}
