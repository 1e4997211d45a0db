import Foundation
import Images
import Testing

@Suite("open_clip's evaluation transform")
struct OpenCLIPTransformTests {
  private struct Case: Decodable {
    /// Width and height.
    let picture: [Int]
    /// Height and width.
    let target: [Int]
    let fit: ImageTransform.Fit
    let interpolation: Interpolation
    /// Rows of interleaved bytes in hexadecimal.
    let pixels: String
  }

  private static func cases() throws -> [Case] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/transforms.json")
    return try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
  }

  @Test("every byte is the same, for all fits, tall and wide, larger and smaller")
  func sameBytes() throws {
    let cases = try Self.cases()
    #expect(cases.count == 154)
    let others = cases.filter { known in
      let picture = Picture.make(known.picture[0], known.picture[1]) { x, y in
        (0..<3).map { UInt8((x * x * 13 + y * y * 7 + $0 * 71) % 256) }
      }
      let (height, width) = (known.target[0], known.target[1])
      let transform = TransformTests.transform(height, width, known.fit, known.interpolation)
      let planes = TransformTests.evaluate(picture, transform)
      let pixels = TransformTests.picture(height, width, of: planes).pixels
      return pixels.map { String(format: "%02x", $0) }.joined() != known.pixels
    }
    #expect(others.map { "\($0.picture) to \($0.target), \($0.fit), \($0.interpolation)" } == [])
  }
}
