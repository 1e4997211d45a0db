import Images
import Tensors
import Testing

@Suite("Fingerprints")
struct FingerprintTests {
  /// Soft blobs, another pattern for each seed.
  private func picture(_ seed: Int) -> Picture {
    let random = CounterRandom(seed: UInt64(seed), .text("blobs"))
    let pixels = (0..<6 * 5 * 3).map { UInt8(40 + random.below(176, at: UInt64($0))) }
    return Picture(width: 6, height: 5, pixels: pixels).resized(width: 120, height: 90)
  }

  @Test("a picture made smaller, or stored as JPEG, is near itself", arguments: 0..<20)
  func near(seed: Int) throws {
    let original = picture(seed)
    let mark = try #require(PictureFingerprint(original))
    let jpeg = try ImageDecoder.decode(try ImageEncoder.jpeg(original))
    for other in [original.resized(longerSide: 60), original.resized(longerSide: 33), jpeg] {
      #expect(try #require(PictureFingerprint(other)).isNear(mark))
    }
  }

  @Test("other pictures, other colours and other shapes are not near")
  func far() throws {
    let marks = try (0..<20).map { try #require(PictureFingerprint(picture($0))) }
    for (index, mark) in marks.enumerated() {
      for other in marks[..<index] { #expect(!mark.isNear(other)) }
    }
    let original = picture(3)
    let warm = Picture(
      width: 120, height: 90,
      pixels: original.pixels.enumerated().map { $0.offset % 3 == 2 ? $0.element / 2 : $0.element })
    let wide = original.resized(width: 120, height: 40)
    for other in [warm, wide] {
      #expect(try !#require(PictureFingerprint(other)).isNear(marks[3]))
    }
  }

  @Test("a plain picture has no fingerprint")
  func plain() {
    let pixels = [UInt8](repeating: 200, count: 3 * 50 * 50)
    #expect(PictureFingerprint(Picture(width: 50, height: 50, pixels: pixels)) == nil)
  }
}
