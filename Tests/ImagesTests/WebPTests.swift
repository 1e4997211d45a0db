import Images
import Testing

@Suite("WebP")
struct WebPTests {
  let picture = Picture.waves(10, 6)

  @Test("lossless comes back byte for byte")
  func lossless() throws {
    let bytes = try webp(rgba(picture), 10, 6)
    #expect(try ImageDecoder.decode(bytes) == picture)
    #expect(try ImageDecoder.size(bytes) == (10, 6, .webp))
  }

  @Test("lossy gives the colours")
  func lossy() throws {
    let quarters = Picture.quarters(64, 64, [red, green, blue, white])
    let decoded = try ImageDecoder.decode(webp(rgba(quarters), 64, 64, quality: 95))
    #expect(distance(decoded.quarterColors, quarters.quarterColors) <= 6)
  }

  @Test("alpha lies over white", arguments: [nil, Float(95)])
  func alpha(quality: Float?) throws {
    let flat = Picture.make(16, 16) { _, _ in [100, 100, 100] }
    let decoded = try ImageDecoder.decode(
      webp(rgba(flat) { $0 % 16 < 8 ? 0 : 51 }, 16, 16, quality: quality))
    #expect(decoded.color(3, 8) == white)
    #expect(distance(decoded.color(12, 8), [224, 224, 224]) <= 1)
  }

  @Test("an animation gives its first frame, at its place on white")
  func animation() throws {
    let first = try webp(rgba(picture), 10, 6)
    let second = try webp(rgba(Picture.make(10, 6) { _, _ in black }), 10, 6)
    let whole = animated([first, second], frame: (10, 6), canvas: (10, 6))
    #expect(try ImageDecoder.decode(whole) == picture)

    let placed = animated([first, second], frame: (10, 6), canvas: (16, 12), left: 4, top: 2)
    let decoded = try ImageDecoder.decode(placed)
    let expected = Picture.make(16, 12) { x, y in
      (4..<14).contains(x) && (2..<8).contains(y) ? picture.color(x - 4, y - 2) : white
    }
    #expect(decoded == expected)
  }

  @Test("an animation cut off after its first frame is an error")
  func cutAnimation() throws {
    let first = try webp(rgba(picture), 10, 6)
    let whole = animated([first, first], frame: (10, 6), canvas: (10, 6))
    #expect(throws: ImageError.self) { try ImageDecoder.decode(Array(whole.dropLast(20))) }
  }
}
