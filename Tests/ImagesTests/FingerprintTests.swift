import Images
import Testing

@Suite("Fingerprints")
struct FingerprintTests {
  /// Soft blobs, another pattern for each seed.
  private func picture(_ seed: Int, width: Int = 120, height: Int = 90) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let (u, v) = (Double(x) / Double(width), Double(y) / Double(height))
        for channel in 0..<3 {
          let phase = Double(seed * 13 % 29) + Double(channel)
          let wave = wave(u * Double(3 + seed % 5) + phase) + wave(v * Double(2 + seed % 7) - phase)
          pixels.append(UInt8(max(0, min(255, 128 + 60 * wave))))
        }
      }
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  /// A parabola for each half turn, near a sine.
  private func wave(_ turns: Double) -> Double {
    let part = turns - turns.rounded(.down)
    return part < 0.5 ? 16 * part * (0.5 - part) : -16 * (part - 0.5) * (1 - part)
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
