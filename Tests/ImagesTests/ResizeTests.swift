import Images
import Testing

@Suite("Resize")
struct ResizeTests {
  /// The definition, in double precision, whole pictures only; rounded to bytes in between.
  static func reference(
    _ picture: Picture, width: Int, height: Int, _ interpolation: Interpolation
  ) -> [UInt8] {
    let narrow = (0..<picture.height).flatMap { y in
      line(
        (0..<picture.width).map { picture.color($0, y).map(Double.init) }, width, interpolation)
    }
    let columns = (0..<width).map { x in
      line(
        (0..<picture.height).map { y in narrow[y * width + x].map(Double.init) }, height,
        interpolation)
    }
    return (0..<height).flatMap { y in (0..<width).flatMap { x in columns[x][y] } }
  }

  private static func line(
    _ pixels: [[Double]], _ length: Int, _ interpolation: Interpolation
  ) -> [Color] {
    if pixels.count == length { return pixels.map { $0.map { UInt8($0) } } }
    let ratio = Double(pixels.count) / Double(length), stretch = max(1, ratio)
    return (0..<length).map { output in
      let center = (Double(output) + 0.5) * ratio
      let weights = pixels.indices.map {
        kernel((Double($0) + 0.5 - center) / stretch, interpolation)
      }
      let total = weights.reduce(0, +)
      return (0..<3).map { channel in
        let sum = zip(weights, pixels).reduce(0) { $0 + $1.0 * $1.1[channel] } / total
        return UInt8(max(0, min(255, sum.rounded(.toNearestOrAwayFromZero))))
      }
    }
  }

  private static func kernel(_ distance: Double, _ interpolation: Interpolation) -> Double {
    let x = abs(distance)
    guard interpolation == .bicubic else { return max(0, 1 - x) }
    if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
    return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
  }

  static let sizes = [(1, 1), (2, 3), (5, 4), (9, 40), (33, 17), (64, 48)]

  @Test("agrees with the definition, larger and smaller", arguments: Interpolation.allCases)
  func definition(interpolation: Interpolation) {
    for (width, height) in Self.sizes {
      let picture = Picture.waves(width, height)
      for (newWidth, newHeight) in Self.sizes {
        let resized = picture.resized(width: newWidth, height: newHeight, interpolation)
        let expected = Self.reference(picture, width: newWidth, height: newHeight, interpolation)
        #expect(
          distance(resized.pixels, expected) <= 1,
          "\(width) x \(height) to \(newWidth) x \(newHeight)")
      }
    }
  }

  @Test("fast loops give the bytes of the plain ones", arguments: Interpolation.allCases)
  func levels(interpolation: Interpolation) {
    for side in [1, 3, 4, 7, 12, 31, 90] {
      let picture = Picture.waves(side, side + 9)
      for width in [1, 2, 10, 11, 43, 130] {
        for height in [1, 5, 32, 77] {
          #expect(
            picture.resized(width: width, height: height, interpolation, plain: false)
              == picture.resized(width: width, height: height, interpolation, plain: true),
            "\(side) x \(side + 9) to \(width) x \(height)")
        }
      }
    }
  }

  @Test("the same size leaves every byte, also of one axis alone")
  func identity() {
    let picture = Picture.waves(17, 11)
    for interpolation in Interpolation.allCases {
      #expect(picture.resized(width: 17, height: 11, interpolation) == picture)
    }
    let stripes = Picture.make(17, 11) { x, _ in picture.color(x, 0) }
    let taller = stripes.resized(width: 17, height: 30)
    for y in 0..<30 {
      #expect((0..<17).allSatisfy { taller.color($0, y) == picture.color($0, 0) })
    }
  }

  @Test("one colour stays that colour", arguments: Interpolation.allCases)
  func flat(interpolation: Interpolation) {
    let picture = Picture.make(50, 20) { _, _ in [255, 1, 128] }
    let resized = picture.resized(width: 7, height: 33, interpolation)
    #expect((0..<(7 * 33)).allSatisfy { resized.color($0 % 7, $0 / 7) == [255, 1, 128] })
  }

  @Test("the longer side is brought down, never up")
  func longerSide() {
    let picture = Picture.waves(60, 25)
    let smaller = picture.resized(longerSide: 30)
    #expect(smaller.width == 30 && smaller.height == 13)
    #expect(picture.resized(longerSide: 60) == picture)
    #expect(picture.resized(longerSide: 61) == picture)
    let line = Picture.waves(300, 1).resized(longerSide: 10)
    #expect(line.width == 10 && line.height == 1)
  }
}
